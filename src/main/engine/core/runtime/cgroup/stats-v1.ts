import type { TaskStats } from '../runtime.ts'
import type { Cgroup } from './locate.ts'
import { memoryLimit, parseFields, parseNumber, pidsOf, readFiles } from './counter-files.ts'

/** cpuacct.stat counts in USER_HZ, which is 100 for user space on every architecture: https://man7.org/linux/man-pages/man7/time.7.html */
const NANOSECONDS_PER_TICK = 1e9 / 100

/** https://docs.kernel.org/admin-guide/cgroup-v1/ */
export async function readStatsV1(cgroup: Cgroup, hostMemory: number): Promise<TaskStats> {
  const [usage, throttling, memory, pids, io] = await Promise.all([
    readFiles(cgroup.directory('cpuacct'), ['cpuacct.usage', 'cpuacct.stat', 'cpuacct.usage_percpu']),
    readFiles(cgroup.directory('cpu'), ['cpu.stat']),
    readFiles(cgroup.directory('memory'), ['memory.usage_in_bytes', 'memory.limit_in_bytes', 'memory.max_usage_in_bytes', 'memory.failcnt', 'memory.stat']),
    readFiles(cgroup.directory('pids'), ['pids.current', 'pids.max']),
    readFiles(cgroup.directory('blkio'), ['blkio.throttle.io_service_bytes_recursive', 'blkio.throttle.io_serviced_recursive']),
  ])
  return {
    cpu: cpuOf(usage, throttling['cpu.stat']),
    memory: memoryOf(memory, hostMemory),
    pids: pidsOf(pids['pids.current'], pids['pids.max']),
    io: ioOf(io['blkio.throttle.io_service_bytes_recursive'], io['blkio.throttle.io_serviced_recursive']),
  }
}

function cpuOf(files: Partial<Record<'cpuacct.usage' | 'cpuacct.stat' | 'cpuacct.usage_percpu', string>>, throttlingText: string | undefined): TaskStats['cpu'] {
  const total = parseNumber(files['cpuacct.usage'])
  if (total === undefined) return undefined
  const times = parseFields(files['cpuacct.stat'])
  const throttling = parseFields(throttlingText)
  const perCpu = files['cpuacct.usage_percpu']?.trim().split(' ').map(Number)
  return {
    total,
    user: (times['user'] ?? 0) * NANOSECONDS_PER_TICK,
    system: (times['system'] ?? 0) * NANOSECONDS_PER_TICK,
    ...(perCpu && { perCpu }),
    periods: throttling['nr_periods'] ?? 0,
    throttledPeriods: throttling['nr_throttled'] ?? 0,
    throttledTime: throttling['throttled_time'] ?? 0,
  }
}

type MemoryFile = 'memory.usage_in_bytes' | 'memory.limit_in_bytes' | 'memory.max_usage_in_bytes' | 'memory.failcnt' | 'memory.stat'

function memoryOf(files: Partial<Record<MemoryFile, string>>, hostMemory: number): TaskStats['memory'] {
  const usage = parseNumber(files['memory.usage_in_bytes'])
  if (usage === undefined) return undefined
  const stats = parseFields(files['memory.stat'])
  return {
    usage,
    limit: memoryLimit(files['memory.limit_in_bytes'], hostMemory),
    inactiveFile: stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0,
    maxUsage: parseNumber(files['memory.max_usage_in_bytes']),
    failcnt: parseNumber(files['memory.failcnt']),
    stats,
  }
}

/** `MAJ:MIN Operation count` lines, the last being a total without a device. */
function ioOf(bytesText: string | undefined, iosText: string | undefined): TaskStats['io'] {
  const parse = (text: string | undefined) => (text ?? '').split('\n').flatMap((line) => {
    const match = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line)
    return match === null ? [] : [{ key: `${match[1]}:${match[2]} ${match[3]}`, major: Number(match[1]), minor: Number(match[2]), op: match[3]!, count: Number(match[4]) }]
  })
  const ios = new Map(parse(iosText).map(({ key, count }) => [key, count]))
  return parse(bytesText).map(({ key, major, minor, op, count }) => ({ major, minor, op, bytes: count, ios: ios.get(key) ?? 0 }))
}
