import { readFile } from 'node:fs/promises'
import { EngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { isAlive } from './state.ts'

export interface ProcessTable {
  titles: string[]
  processes: string[][]
}

const DEFAULT_ARGUMENTS = '-ef'

/** The processes of a container as the host's ps shows them. */
export async function topContainer(ctx: ContainersContext, reference: string, psArguments = DEFAULT_ARGUMENTS): Promise<ProcessTable> {
  const record = ctx.records.get(reference)
  const { task } = ctx.live.of(record.id)
  if (!isAlive(record.state) || !task) throw new EngineError('failed-precondition', `container ${record.id} is not running`, { reason: 'not-running' })
  publishContainerEvent(ctx, record, 'top')
  const pids = new Set((await task.pids()).map(String))
  const words = (psArguments || DEFAULT_ARGUMENTS).split(/\s+/).filter(Boolean)
  if (words.join(' ') === DEFAULT_ARGUMENTS) return await defaultTable([...pids])
  const { code, stdout, stderr } = await ctx.host.run('ps', words, { allowFailure: true })
  if (code !== 0) throw new EngineError('invalid-argument', `ps: ${stderr.trim().split('\n')[0] ?? ''}`, { field: 'ps_args' })
  return parseTable(stdout, pids)
}

/** Keeps the lines of those pids. @throws invalid-argument when there is no PID column. */
export function parseTable(text: string, pids: ReadonlySet<string>): ProcessTable {
  const [header = '', ...lines] = text.trimEnd().split('\n')
  const titles = header.trim().split(/\s+/)
  const column = titles.indexOf('PID')
  if (column < 0) throw new EngineError('invalid-argument', "Couldn't find PID field in ps output", { field: 'ps_args' })
  const processes = lines.map((line) => splitColumns(line, titles.length)).filter((fields) => pids.has(fields[column] ?? ''))
  return { titles, processes }
}

/** The last column may hold spaces. */
function splitColumns(line: string, count: number): string[] {
  const fields = line.trim().split(/\s+/)
  return fields.length <= count ? fields : [...fields.slice(0, count - 1), fields.slice(count - 1).join(' ')]
}

/** `ps -ef` from /proc, without a process: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function defaultTable(pids: string[]): Promise<ProcessTable> {
  const [users, uptime] = await Promise.all([readUsers(), readFile('/proc/uptime', 'utf8')])
  const bootedAt = Date.now() - Number(uptime.split(' ')[0]) * 1000
  const rows = await Promise.all(pids.map((pid) => readProcess(pid, users, bootedAt).catch(() => undefined)))
  return { titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'], processes: rows.filter((row) => row !== undefined) }
}

const TICKS = 100

async function readProcess(pid: string, users: Map<string, string>, bootedAt: number): Promise<string[]> {
  const [stat, status, cmdline] = await Promise.all(['stat', 'status', 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')))
  const close = (stat ?? '').lastIndexOf(')')
  const name = (stat ?? '').slice((stat ?? '').indexOf('(') + 1, close)
  const fields = (stat ?? '').slice(close + 2).split(' ')
  const uid = /^Uid:\s+(\d+)/m.exec(status ?? '')?.[1] ?? '0'
  const seconds = Math.floor((Number(fields[11]) + Number(fields[12])) / TICKS)
  const startedAt = new Date(bootedAt + (Number(fields[19]) / TICKS) * 1000)
  const age = (Date.now() - startedAt.getTime()) / 1000
  const command = (cmdline ?? '').split('\0').join(' ').trim() || `[${name}]`
  return [users.get(uid) ?? uid, pid, fields[1] ?? '', String(Math.min(99, Math.floor((seconds / Math.max(age, 1)) * 100))), formatStart(startedAt, age), formatTerminal(Number(fields[4])), formatTime(seconds), command]
}

const two = (value: number) => String(value).padStart(2, '0')
const formatTime = (seconds: number) => `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
const formatStart = (at: Date, age: number) => (age < 86_400 ? `${two(at.getHours())}:${two(at.getMinutes())}` : at.toDateString().slice(4, 10).replace(' ', ''))
/** Device 136 and up are the Unix98 pseudo-terminals: https://www.kernel.org/doc/Documentation/admin-guide/devices.txt */
const formatTerminal = (device: number) => (device >> 8 >= 136 && device >> 8 <= 143 ? `pts/${((device >> 8) - 136) * 256 + (device & 0xff)}` : '?')

async function readUsers(): Promise<Map<string, string>> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return new Map(text.split('\n').map((line) => line.split(':')).flatMap(([name, , uid]) => (name && uid ? [[uid, name] as const] : [])).reverse())
}
