import { readdir, statfs } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { EngineState } from '#shared/contract/engine.ts'
import { each } from '../../connections/each.ts'
import type { CallContext } from '../../ipc/serve.ts'
import type { HostedData } from '../application.ts'
import type { DataParts } from './data-calls.ts'
import type { MoveRecord } from './move-journal.ts'

export interface Move extends DataParts {
  data: HostedData
}

/** Asked of the disk before anything is stopped, and again by the copy itself. */
const MARGIN = 64 * 1024 * 1024

/**
 * Checks, stops what runs, copies and verifies without an engine, and starts the engine at the new place. It is switched to only once an engine runs there
 * that keeps layers as before; else the settings are put back and the old place, which nobody wrote to, is used again.
 */
export async function moveData(move: Move, folder: string, operation: CallContext): Promise<void> {
  const { connection, settings, data, journal } = move
  const { signal, progress } = operation
  if (!isAbsolute(folder)) throw new EngineError('invalid-argument', `${folder} is not a whole path.`, { reason: 'relative-path', hint: 'Give the whole path, from / on.', field: 'folder' })
  const [from, to, before] = [data.root(), join(folder, 'slipway'), settings.get().dataRoot]
  progress({ kind: 'phase', phase: 'checking' })
  await refuseTaken(to)
  await refuseWithoutRoom(data, folder, signal)
  const driver = await storageOf(move)
  const running = connection.mirror.items().containers.filter(({ state }) => ['running', 'paused', 'restarting'].includes(state.status)).map(({ id }) => id)
  const record = { from, to, before, driver, running }
  await using undo = new AsyncDisposableStack()
  await journal.write(record)
  undo.defer(() => journal.forget())
  undo.defer(() => startAgain(move, running))
  progress({ kind: 'phase', phase: 'stopping' })
  await stopAll(move, running)

  await data.without(async () => {
    await data.copy(to, { signal, tell: ({ step, current, total }) => {
      if (step !== 'measuring') progress({ kind: 'phase', phase: step })
      progress({ kind: 'bytes', current, total })
    } })
    await settings.set({ dataRoot: to })
  })
  progress({ kind: 'phase', phase: 'starting' })
  await judge(move, record)
}

/** What an earlier life of the app left half done: a copy that was cut off is cleared away, one that was switched to is judged, and what ran is started again. */
export async function finishMove(move: Move): Promise<void> {
  const { engine, settings, data, journal } = move
  const record = await journal.read()
  if (!record || data.isFixed) return
  await using undo = new AsyncDisposableStack()
  undo.defer(() => journal.forget())
  undo.defer(() => startAgain(move, record.running))
  if (data.root() === record.to) return await judge(move, record)
  // An engine that runs has the data for itself: nobody copies it any more.
  await untilRunning(engine)
  await data.discard(record.to, quiet)
  // Whole, and never used: that is for the user to remove.
  if (await isTaken(record.to)) await settings.change(({ formerDataRoots }) => ({ formerDataRoots: [...formerDataRoots.filter((path) => path !== record.to), record.to] }))
}

/** The engine is started at the new place. What it cannot do there puts everything back. */
async function judge(move: Move, { from, to, before, driver }: MoveRecord): Promise<void> {
  const { engine, settings, data } = move
  try {
    await untilRunning(engine)
    const now = await storageOf(move)
    if (now !== driver) throw new EngineError('failed-precondition', `At ${dirname(to)} layers would have to be kept in another way (${now} instead of ${driver}).`, { reason: 'unsuited-file-system', hint: 'Choose a disk with a Linux file system such as ext4, xfs or btrfs.', field: 'folder' })
    await settings.change(({ formerDataRoots }) => ({ formerDataRoots: [...formerDataRoots.filter((path) => path !== to), from] }))
  } catch (error) {
    await data.without(async () => void (await settings.set({ dataRoot: before })))
    await untilRunning(engine)
    await data.remove(to, quiet).catch(() => undefined)
    throw error
  }
}

const quiet = new AbortController().signal

/** Before anything is stopped, and so that what is found there later is known to be this move's. */
async function refuseTaken(to: string): Promise<void> {
  if (await isTaken(to)) throw new EngineError('already-exists', `${to} is there already and is not empty.`, { reason: 'destination-exists', hint: 'Choose another folder, or move away what is there.', field: 'folder' })
}

/** What cannot be looked into is there. */
const isTaken = (path: string): Promise<boolean> => readdir(path).then((names) => names.length > 0, (error: NodeJS.ErrnoException) => error.code !== 'ENOENT')

async function refuseWithoutRoom(data: HostedData, folder: string, signal: AbortSignal): Promise<void> {
  const [{ bytes }, { bavail, bsize }] = await Promise.all([
    data.measure(signal),
    statfs(folder).catch((error: unknown) => {
      throw new EngineError('not-found', `${folder} cannot be used (${messageOf(error)}).`, { reason: 'no-folder', hint: 'Choose a folder that is there.', field: 'folder' })
    }),
  ])
  if (bavail * bsize >= bytes + MARGIN) return
  const megabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`
  throw new EngineError('resource-exhausted', `There is no room at ${folder}: ${megabytes(bytes + MARGIN)} are needed and ${megabytes(bavail * bsize)} are free.`, { reason: 'no-room', hint: 'Choose another disk, or free some room.', field: 'folder' })
}

const storageOf = async ({ connection }: Move): Promise<string> => {
  await connection.ready(AbortSignal.timeout(60_000))
  return (await connection.api.json<{ Driver: string }>('GET', '/info')).Driver
}

/** One that does not stop is told; those that did are started again by whoever called. */
async function stopAll({ connection }: Move, ids: readonly string[]): Promise<void> {
  const failed = (await each(ids, (id) => connection.api.json('POST', `/containers/${id}/stop`))).find(({ error }) => error !== undefined)
  if (failed?.error && failed.error.code !== 'not-found') throw new EngineError('failed-precondition', `A container could not be stopped: ${failed.error.message}`, { reason: 'not-stopped', hint: 'Stop it, and try again.' })
}

/** What ran runs again, wherever the data is now. One that cannot is for its own page to tell. */
async function startAgain({ connection, engine }: Move, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  try {
    await untilRunning(engine)
    await connection.ready(AbortSignal.timeout(60_000))
  } catch {
    // The engine’s own state says why.
    return
  }
  await each(ids, (id) => connection.api.json('POST', `/containers/${id}/start`))
}

/** @throws what the engine died of, when it will not be tried again. */
function untilRunning(engine: DataParts['engine']): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = (state: EngineState) => {
    if (state.status === 'running') resolve()
    if (state.status === 'failed') reject(new EngineError('failed-precondition', state.error.message, { reason: 'engine-failed', hint: state.error.hint }))
  }
  const stop = engine.onState(look)
  look(engine.state())
  return promise.finally(stop)
}
