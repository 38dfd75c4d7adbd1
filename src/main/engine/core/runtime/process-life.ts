import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessIdentity } from './shim/state-files.ts'

const FIRST_LOOK_MS = 2
const LAST_LOOK_MS = 500

export interface ProcessStat extends ProcessIdentity {
  /** One letter: proc_pid_stat(5). */
  state: string
}

/** Undefined for a process that is gone. */
export const lookAt = async (pid: number): Promise<ProcessStat | undefined> => parseStat(pid, await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))

/** Whether it still runs; a zombie does not, and another process that got its pid is not it. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return false
  }
  const stat = parseStat(pid, text)
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X' && stat.startTime === startTime
}

/** `pid (name) state …`: the name may hold anything, so fields are counted from behind its last parenthesis. */
function parseStat(pid: number, text: string): ProcessStat | undefined {
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return text === '' ? undefined : { pid, state: state ?? '', startTime: BigInt(fields[18] ?? -1) }
}

/** Those that were started with an argument that is this path or one below it. */
export async function processesNaming(path: string): Promise<ProcessIdentity[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(async (pid) => {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    return args.some((arg) => arg === path || arg.startsWith(`${path}/`)) ? await lookAt(pid) : undefined
  }))
  return found.filter((stat) => stat !== undefined)
}

/** For a process that is nobody's child: the kernel tells nobody of its end. Only used after a shim was lost. */
export async function goneEventually(identity: ProcessIdentity): Promise<void> {
  for (let wait = FIRST_LOOK_MS; isAlive(identity); wait = Math.min(wait * 2, LAST_LOOK_MS)) await delay(wait)
}
