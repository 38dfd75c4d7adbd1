import { setTimeout as pause } from 'node:timers/promises'
import type { DoctorContext } from './doctor.ts'
import type { Found } from './report.ts'

/** What an engine at work may be about to record. */
const MEANWHILE_MS = 1000

/** What is there, and with an engine at work is still there a moment later. */
export async function seenTwice<Seen>({ running }: Pick<DoctorContext, 'running'>, look: () => Promise<Seen[]>, signal: AbortSignal | undefined): Promise<Seen[]> {
  const seen = await look()
  if (seen.length === 0 || !running) return seen
  await pause(MEANWHILE_MS, undefined, { signal })
  const still = new Set((await look()).map((each) => JSON.stringify(each)))
  return seen.filter((each) => still.has(JSON.stringify(each)))
}

/** The same for a look at each of many things, of which only those are looked at again where something was found. */
export async function* lookAtEach<Key>({ running }: Pick<DoctorContext, 'running'>, keys: Iterable<Key>, look: (key: Key) => Promise<Found[]> | Found[], signal?: AbortSignal): AsyncGenerator<Found> {
  const suspects = new Map<Key, Found[]>()
  for (const key of keys) {
    signal?.throwIfAborted()
    const found = await look(key)
    if (!running) yield* found
    else if (found.length > 0) suspects.set(key, found)
  }
  if (suspects.size === 0) return
  await pause(MEANWHILE_MS, undefined, { signal })
  for (const [key, before] of suspects) {
    signal?.throwIfAborted()
    // In words: a repair is that of the later look.
    const said = new Set(before.map((found) => JSON.stringify(found)))
    for (const found of await look(key)) if (said.has(JSON.stringify(found))) yield found
  }
}
