import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Clock ticks of /proc/PID/stat are hundredths of a second on every Linux that Node runs on. */
const TICK_MS = 10

export interface Memory {
  rssMiB: number
  pssMiB: number
}

/** The process that accepts on a socket's path. A listening socket's /proc entry names an inode; whose it is, only the holders' own fd tables say. */
export function listenerOf(socketPath: string): number {
  const inode = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    // Flag 00010000 is __SO_ACCEPTCON: it listens.
    .find((fields) => fields[7] === socketPath && fields[3] === '00010000')?.[6]
  if (!inode) throw new Error(`nobody listens on ${socketPath}`)
  const pid = pids().find((candidate) => holds(candidate, `socket:[${inode}]`))
  if (!pid) throw new Error(`the process that listens on ${socketPath} cannot be seen from here`)
  return pid
}

function holds(pid: number, link: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === link)
  } catch {
    return false
  }
}

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)

/** A process and everything below it that it has not let go of. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const candidate of pids()) {
    const parent = Number(stat(candidate)?.[1])
    if (Number.isFinite(parent)) children.set(parent, [...(children.get(parent) ?? []), candidate])
  }
  const family = [pid]
  for (let index = 0; index < family.length; index++) family.push(...(children.get(family[index]!) ?? []))
  return family
}

const MONITORS = /^(slipway-shim|containerd-shim|conmon|docker-proxy|rootlessport)/

/** What engines leave beside their containers. Only in our network namespace: others on the machine have theirs. */
export function monitors(): number[] {
  const home = readlinkSync('/proc/self/ns/net')
  return pids().filter((pid) => {
    try {
      return MONITORS.test(readFileSync(`/proc/${pid}/comm`, 'utf8')) && readlinkSync(`/proc/${pid}/ns/net`) === home
    } catch {
      return false
    }
  })
}

export function memoryOf(processes: readonly number[]): Memory {
  const sum = { rssMiB: 0, pssMiB: 0 }
  for (const pid of processes) {
    const rollup = read(`/proc/${pid}/smaps_rollup`)
    sum.rssMiB += Number(/^Rss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1024
    sum.pssMiB += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1024
  }
  return sum
}

/** Of these processes and of children they have waited for. */
export function cpuMs(processes: readonly number[]): number {
  let ticks = 0
  for (const pid of processes) for (const field of stat(pid)?.slice(11, 15) ?? []) ticks += Number(field)
  return ticks * TICK_MS
}

/** How often threads of these processes gave up the processor of their own accord: once for each time they were woken. */
export function wakeUps(processes: readonly number[]): number {
  let count = 0
  for (const pid of processes) for (const thread of threads(pid)) count += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`/proc/${pid}/task/${thread}/status`))?.[1] ?? 0)
  return count
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** Fields of /proc/PID/stat from the state on; the name before may hold anything. */
function stat(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`)
  return text ? text.slice(text.lastIndexOf(')') + 2).split(' ') : undefined
}

/** A process may end while it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Milliseconds a program takes to its end. @throws unless it exits 0. */
export function timeProgram(program: string, args: readonly string[], input?: string): number {
  const start = performance.now()
  execFileSync(program, args, { stdio: ['pipe', 'ignore', 'pipe'], input, maxBuffer: 64 << 20 })
  return performance.now() - start
}
