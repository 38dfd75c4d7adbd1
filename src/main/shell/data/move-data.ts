import { statfs } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { EngineState } from '#shared/contract/engine.ts'
import { each } from '../../connections/each.ts'
import type { CallContext } from '../../ipc/serve.ts'
import type { HostedData } from '../application.ts'
import type { DataParts } from './data-calls.ts'

interface Move extends DataParts {
  data: HostedData
}

/** Asked of the disk before anything is stopped, and again by the copy itself. */
const MARGIN = 64 * 1024 * 1024

/**
 * Checks, stops what runs, copies and verifies without an engine, and starts the engine at the new place. It is switched to only once an engine runs there
 * that keeps layers as before; else the settings are put back and the old place, which nobody wrote to, is used again.
 */
export async function moveData(move: Move, folder: string, operation: CallContext): Promise<void> {
  const { engine, connection, settings, data } = move
  const { signal, progress } = operation
  if (!isAbsolute(folder)) throw new EngineError('invalid-argument', `${folder} is not a whole path.`, { reason: 'relative-path', hint: 'Give the whole path, from / on.', field: 'folder' })
  const [from, to, before] = [data.root(), join(folder, 'slipway'), settings.get().dataRoot]
  progress({ kind: 'phase', phase: 'checking' })
  await refuseWithoutRoom(data, folder, signal)
  const driver = await storageOf(move)
  const running = connection.mirror.items().containers.filter(({ state }) => ['running', 'paused', 'restarting'].includes(state.status)).map(({ id }) => id)
  await using undo = new AsyncDisposableStack()
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
  try {
    progress({ kind: 'phase', phase: 'starting' })
    await untilRunning(engine)
    const now = await storageOf(move)
    if (now !== driver) throw new EngineError('failed-precondition', `At ${folder} layers would have to be kept in another way (${now} instead of ${driver}).`, { reason: 'unsuited-file-system', hint: 'Choose a disk with a Linux file system such as ext4, xfs or btrfs.', field: 'folder' })
    await settings.set({ formerDataRoots: [...settings.get().formerDataRoots.filter((path) => path !== to), from] })
  } catch (error) {
    await data.without(async () => void (await settings.set({ dataRoot: before })))
    await untilRunning(engine)
    await data.remove(to, quiet).catch(() => undefined)
    throw error
  }
}

const quiet = new AbortController().signal

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
