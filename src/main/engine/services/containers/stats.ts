import { readFile } from 'node:fs/promises'
import { formatTimestamp } from '#base/timestamps.ts'
import type { TaskStats } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { isAlive } from './state.ts'

/** One reading. `task` and `networks` are undefined for a container that does not run. */
export interface StatsSample {
  id: string
  name: string
  read: string
  pids: number
  task: TaskStats | undefined
  networks: Record<string, InterfaceCounters> | undefined
}

export interface InterfaceCounters {
  rx_bytes: number
  rx_packets: number
  rx_errors: number
  rx_dropped: number
  tx_bytes: number
  tx_packets: number
  tx_errors: number
  tx_dropped: number
}

export async function sampleStats(ctx: ContainersContext, reference: string): Promise<StatsSample> {
  const record = ctx.records.get(reference)
  const { task } = ctx.live.of(record.id)
  const base = { id: record.id, name: record.name, read: formatTimestamp(ctx.clock()) }
  if (!isAlive(record.state) || !task) return { ...base, pids: 0, task: undefined, networks: undefined }
  const [stats, networks] = await Promise.all([task.stats(), record.host.NetworkMode === 'host' ? undefined : readInterfaces(record.state.pid)])
  return { ...base, pids: stats.pids?.current ?? 0, task: stats, networks }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_net.5.html: /proc/PID/net/dev of the container's own network stack. */
async function readInterfaces(pid: number): Promise<Record<string, InterfaceCounters> | undefined> {
  const text = await readFile(`/proc/${pid}/net/dev`, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : parseInterfaces(text)
}

export function parseInterfaces(text: string): Record<string, InterfaceCounters> {
  const interfaces: Record<string, InterfaceCounters> = {}
  for (const line of text.split('\n').slice(2)) {
    const [name = '', counters = ''] = line.split(':')
    const values = counters.trim().split(/\s+/).map(Number)
    if (counters === '' || name.trim() === 'lo') continue
    const [rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0] = values
    const [tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0] = values.slice(8)
    interfaces[name.trim()] = { rx_bytes, rx_packets, rx_errors, rx_dropped, tx_bytes, tx_packets, tx_errors, tx_dropped }
  }
  return interfaces
}
