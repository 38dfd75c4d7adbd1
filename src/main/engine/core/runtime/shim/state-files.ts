import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere } from '#base/read-if-there.ts'
import type { Exit } from '../runtime.ts'

/** What a shim leaves in its state directory: native/shim/README.md. */

/** How the process ended, if its shim lived to write it. */
export function readExit(stateDirectory: string): Exit | undefined {
  const text = readIfThere(join(stateDirectory, 'exit'))
  const fields = new Map(text?.split('\n').map((line) => line.split('=', 2) as [string, string]))
  const code = fields.get('code')
  const at = fields.get('at')
  if (code === undefined || at === undefined) return undefined
  return { code: Number(code), oomKilled: fields.get('oom') === '1', at: BigInt(at), ...(fields.get('lost') === '1' && { lost: true }) }
}

/** For a process whose shim is gone: so that it is told the same way to the next engine. */
export function writeExit(stateDirectory: string, exit: Exit): void {
  writeFileSync(join(stateDirectory, 'exit'), `code=${exit.code}\nsignal=9\nat=${exit.at}\noom=${exit.oomKilled ? 1 : 0}\nlost=${exit.lost ? 1 : 0}\n`)
}

export interface ProcessIdentity {
  pid: number
  /** Field 22 of /proc/PID/stat, in ticks since boot: with the pid it names one process. */
  startTime: bigint
}

/** The process the shim started. Undefined before. */
export function readPid(stateDirectory: string): ProcessIdentity | undefined {
  const [pid, startTime] = readIfThere(join(stateDirectory, 'pid'))?.trim().split(' ') ?? []
  return pid === undefined || startTime === undefined ? undefined : { pid: Number(pid), startTime: BigInt(startTime) }
}
