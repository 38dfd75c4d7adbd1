import type { TaskStats } from '../runtime.ts'
import type { Cgroup } from './locate.ts'
import { readStatsV1 } from './stats-v1.ts'
import { readStatsV2 } from './stats-v2.ts'

/** A container's counters now. Without a cgroup nothing is known. */
export async function readStats(cgroup: Cgroup | undefined, hostMemory: number): Promise<TaskStats> {
  if (cgroup === undefined) return { cpu: undefined, memory: undefined, pids: undefined, io: [] }
  return cgroup.version === 2 ? await readStatsV2(cgroup.directory('') ?? '', hostMemory) : await readStatsV1(cgroup, hostMemory)
}
