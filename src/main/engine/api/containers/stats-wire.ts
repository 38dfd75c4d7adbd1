import type { TaskStats } from '../../core/runtime/runtime.ts'
import type { StatsSample } from '../../services/containers/stats.ts'

interface Machine {
  cpus: number
  memoryBytes: number
  /** Nanoseconds of CPU time of the whole host, when the sample was taken. */
  systemCpu: number
}
export interface TimedSample extends StatsSample {
  machine: Machine
}

const NO_TIME = '0001-01-01T00:00:00Z'

/** Docker's stats object; the client computes its percentages from this sample and the one before. */
export function statsJson(sample: TimedSample, before: TimedSample | undefined) {
  const { task } = sample
  return {
    name: `/${sample.name}`,
    id: sample.id,
    read: task ? sample.read : NO_TIME,
    preread: before?.read ?? NO_TIME,
    pids_stats: task?.pids ? { current: task.pids.current, ...(task.pids.limit === undefined ? {} : { limit: task.pids.limit }) } : {},
    num_procs: 0,
    storage_stats: {},
    blkio_stats: blkioJson(task),
    cpu_stats: cpuJson(sample),
    precpu_stats: before ? cpuJson(before) : emptyCpu(),
    memory_stats: memoryJson(task),
    ...(sample.networks ? { networks: sample.networks } : {}),
  }
}

function cpuJson({ task, machine }: TimedSample) {
  const cpu = task?.cpu
  if (!cpu) return emptyCpu()
  return {
    cpu_usage: { total_usage: cpu.total, ...(cpu.perCpu ? { percpu_usage: cpu.perCpu } : {}), usage_in_kernelmode: cpu.system, usage_in_usermode: cpu.user },
    system_cpu_usage: machine.systemCpu,
    online_cpus: machine.cpus,
    throttling_data: { periods: cpu.periods, throttled_periods: cpu.throttledPeriods, throttled_time: cpu.throttledTime },
  }
}

const emptyCpu = () => ({ cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 }, throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 } })

/** The client subtracts inactive_file (v2) or total_inactive_file (v1) from usage. */
function memoryJson(task: TaskStats | undefined) {
  const memory = task?.memory
  if (!memory) return {}
  return {
    usage: memory.usage,
    limit: memory.limit,
    stats: { inactive_file: memory.inactiveFile, ...memory.stats },
    ...(memory.maxUsage ? { max_usage: memory.maxUsage } : {}),
    ...(memory.failcnt ? { failcnt: memory.failcnt } : {}),
  }
}

function blkioJson(task: TaskStats | undefined) {
  const io = task?.io ?? []
  // Of cgroup v1, which alone counts each processor, Docker gives empty lists; of v2 it gives none.
  const absent = task?.cpu?.perCpu ? [] : null
  const entries = (value: 'bytes' | 'ios') => (io.length === 0 ? absent : io.map((entry) => ({ major: entry.major, minor: entry.minor, op: entry.op, value: entry[value] })))
  return {
    io_service_bytes_recursive: entries('bytes'),
    io_serviced_recursive: entries('ios'),
    io_queue_recursive: absent,
    io_service_time_recursive: absent,
    io_wait_time_recursive: absent,
    io_merged_recursive: absent,
    io_time_recursive: absent,
    sectors_recursive: absent,
  }
}
