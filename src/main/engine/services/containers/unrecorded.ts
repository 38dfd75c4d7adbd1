import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import type { ContainerRecord } from './record.ts'

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000

/**
 * For what the kernel knows already (a process has ended, runs again, is to end): it is so at once for whoever asks, also while the disk
 * refuses the record, which is tried again until it is written. Whoever calls holds the container's lock.
 * False: not written yet; an engine that starts meanwhile finds out again by the kernel and the shim.
 */
export function takeAsFact(ctx: ContainersContext, record: ContainerRecord): boolean {
  const refused = ctx.records.assume(record)
  if (refused === undefined) return true
  ctx.log(`container ${record.id}: is ${record.state.status}, which cannot be recorded and is tried again: ${messageOf(refused)}`)
  void keepTrying(ctx, record.id)
  return false
}

/** First of all where records are to follow. Whoever calls holds the container's lock. @throws while the disk refuses. */
export async function writeUnrecorded(ctx: ContainersContext, id: string): Promise<void> {
  const live = ctx.live.of(id)
  const assumed = ctx.records.assumed(id)
  if (assumed) ctx.records.commit(assumed)
  await live.onceRecorded?.()
  live.onceRecorded = undefined
}

/** Work that may only follow the record of an exit, which is written: it is tried again while it fails. Whoever calls holds the container's lock. */
export async function followRecord(ctx: ContainersContext, id: string, work: () => Promise<void>): Promise<void> {
  ctx.live.of(id).onceRecorded = work
  try {
    await writeUnrecorded(ctx, id)
  } catch (error) {
    ctx.log(`container ${id}: after its exit, tried again: ${messageOf(error)}`)
    void keepTrying(ctx, id)
  }
}

async function keepTrying(ctx: ContainersContext, id: string): Promise<void> {
  const live = ctx.live.of(id)
  if (live.isRecording) return
  live.isRecording = true
  const isOpen = () => ctx.records.assumed(id) !== undefined || (ctx.records.byId(id) !== undefined && live.onceRecorded !== undefined)
  for (let delay = FIRST_DELAY_MS; isOpen(); delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
    await pause(delay, undefined, { signal: ctx.closing }).catch(() => {})
    if (ctx.closing.aborted) return
    await ctx.locks.run(id, () => writeUnrecorded(ctx, id)).catch((error: unknown) => ctx.log(`container ${id}: still not settled: ${messageOf(error)}`))
  }
  live.isRecording = false
}
