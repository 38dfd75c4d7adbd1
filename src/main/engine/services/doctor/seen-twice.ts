import { setTimeout as pause } from 'node:timers/promises'
import type { DoctorContext } from './doctor.ts'

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
