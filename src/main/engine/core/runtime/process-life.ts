import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessIdentity } from './shim/state-files.ts'

const FIRST_LOOK_MS = 2
const LAST_LOOK_MS = 500

/** Whether it still runs; a zombie does not, and another process that got its pid is not it. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return false
  }
  /* `pid (name) state …`: the name may hold anything, so fields are counted from behind its last parenthesis. */
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] !== 'Z' && fields[0] !== 'X' && BigInt(fields[19] ?? -1) === startTime
}

/** For a process that is nobody's child: the kernel tells nobody of its end. Only used after a shim was lost. */
export async function goneEventually(identity: ProcessIdentity): Promise<void> {
  for (let wait = FIRST_LOOK_MS; isAlive(identity); wait = Math.min(wait * 2, LAST_LOOK_MS)) await delay(wait)
}
