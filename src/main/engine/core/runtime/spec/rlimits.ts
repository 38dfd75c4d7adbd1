import { readFileSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import type { OciProcess } from '../runtime.ts'

/** As in /proc/PID/limits: https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html */
const TITLES: Record<string, string> = {
  core: 'Max core file size', cpu: 'Max cpu time', data: 'Max data size', fsize: 'Max file size', locks: 'Max file locks', memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size', nice: 'Max nice priority', nofile: 'Max open files', nproc: 'Max processes', rss: 'Max resident set',
  rtprio: 'Max realtime priority', rttime: 'Max realtime timeout', sigpending: 'Max pending signals', stack: 'Max stack size',
}
const CAP_SYS_RESOURCE = 24n

type Ulimit = { name: string; soft: number; hard: number }

/** How far limits may be raised: by name, the inherited hard limit. Undefined: without end. */
export type RaisableLimits = ReadonlyMap<string, number> | undefined

let own: { limits: RaisableLimits } | undefined

/** Of this engine, whose limits the runtime inherits. A user namespace's CAP_SYS_RESOURCE does not count for setrlimit(2). */
export function raisableLimits(rootless: boolean): RaisableLimits {
  return (own ??= { limits: readRaisable(rootless) }).limits
}

function readRaisable(rootless: boolean): RaisableLimits {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)
  if (!rootless && (effective >> CAP_SYS_RESOURCE) & 1n) return undefined
  return parseLimits(readFileSync('/proc/self/limits', 'utf8'))
}

export function parseLimits(text: string): ReadonlyMap<string, number> {
  const hard = Object.entries(TITLES).map(([name, title]): [string, number] => {
    const line = text.split('\n').find((each) => each.startsWith(`${title} `))
    const value = line?.slice(title.length).trim().split(/\s+/)[1]
    return [name, value === undefined || value === 'unlimited' ? Infinity : Number(value)]
  })
  return new Map(hard)
}

/** In the runtime's form, no higher than may be: a container with lower limits runs, one whose limits cannot be set does not. @throws invalid-argument. */
export function rlimitsOf(ulimits: readonly Ulimit[] = [], raisable: RaisableLimits): NonNullable<OciProcess['rlimits']> {
  return ulimits.map(({ name, soft, hard }) => {
    const key = name.toLowerCase()
    if (!Object.hasOwn(TITLES, key)) throw new EngineError('invalid-argument', `invalid ulimit type: ${name}`, { reason: 'invalid-ulimit' })
    const most = raisable?.get(key) ?? Infinity
    const wanted = { soft: unlimited(soft), hard: unlimited(hard) }
    if (wanted.soft > wanted.hard) {
      throw new EngineError('invalid-argument', `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`, { reason: 'invalid-ulimit' })
    }
    return { type: `RLIMIT_${key.toUpperCase()}`, soft: Math.min(wanted.soft, most), hard: Math.min(wanted.hard, most) }
  })
}

const unlimited = (value: number): number => (value < 0 ? Infinity : value)
