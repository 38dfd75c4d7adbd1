import type { StatsSample } from '#shared/contract/streams.ts'
import type { EngineApi } from './engine-api.ts'
import { jsonLines } from './wire/json-lines.ts'

/** What is used of one line of GET /containers/{id}/stats. */
export interface WireStats {
  read: string
  cpu_stats: WireCpu
  precpu_stats?: WireCpu
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> }
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }>
  blkio_stats?: { io_service_bytes_recursive?: { op: string; value: number }[] | null }
  pids_stats?: { current?: number }
}
interface WireCpu {
  cpu_usage: { total_usage: number }
  system_cpu_usage?: number
  online_cpus?: number
}

/** One sample a second, as the engine measures; a paused page skips none, its engine waits. */
export async function* readStats(api: EngineApi, id: string, signal: AbortSignal): AsyncGenerator<StatsSample> {
  const stream = await api.stream('GET', `/containers/${id}/stats`, { query: { stream: true }, signal })
  for await (const line of jsonLines<WireStats>(stream)) yield readSample(line)
}

export function readSample(wire: WireStats): StatsSample {
  const networks = Object.values(wire.networks ?? {})
  const memory = wire.memory_stats
  return {
    at: Date.parse(wire.read),
    cpuPercent: cpuPercent(wire.cpu_stats, wire.precpu_stats),
    // The page cache that the kernel gives back at once is not the program's: inactive_file (v2), total_inactive_file (v1), as docker stats shows it.
    memoryBytes: Math.max(0, (memory.usage ?? 0) - (memory.stats?.['inactive_file'] ?? memory.stats?.['total_inactive_file'] ?? 0)),
    memoryLimitBytes: memory.limit ?? 0,
    networkReceivedBytes: networks.reduce((sum, each) => sum + each.rx_bytes, 0),
    networkSentBytes: networks.reduce((sum, each) => sum + each.tx_bytes, 0),
    blockReadBytes: blockBytes(wire, 'read'),
    blockWrittenBytes: blockBytes(wire, 'write'),
    pids: wire.pids_stats?.current ?? 0,
  }
}

/** 100 is one processor: the container's share of the time that all processors had. */
function cpuPercent(now: WireCpu, before: WireCpu | undefined): number {
  const used = now.cpu_usage.total_usage - (before?.cpu_usage.total_usage ?? 0)
  const passed = (now.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0)
  return before?.system_cpu_usage && passed > 0 && used > 0 ? (used / passed) * (now.online_cpus ?? 1) * 100 : 0
}

const blockBytes = (wire: WireStats, operation: string) =>
  (wire.blkio_stats?.io_service_bytes_recursive ?? []).reduce((sum, each) => (each.op.toLowerCase() === operation ? sum + each.value : sum), 0)
