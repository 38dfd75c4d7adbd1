import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostFacts } from '../../host/host.ts'

/** Which limits this machine can enforce. `GET /info` shows most of them, and Docker's warnings say when one is missing. */
export interface LimitAbilities {
  memory: boolean
  swap: boolean
  memoryReservation: boolean
  swappiness: boolean
  oomKillDisable: boolean
  kernelMemoryTcp: boolean
  cpuShares: boolean
  /** Period and quota. */
  cpuCfs: boolean
  cpuRealtime: boolean
  cpuset: boolean
  /** Those of the machine, as `0-3`; empty when unknown. */
  cpus: string
  mems: string
  pids: boolean
  blkioWeight: boolean
  blkioWeightDevice: boolean
  blkioThrottle: boolean
  devices: boolean
  unified: boolean
}

const ROOT = '/sys/fs/cgroup'
const NONE: LimitAbilities = {
  memory: false, swap: false, memoryReservation: false, swappiness: false, oomKillDisable: false, kernelMemoryTcp: false, cpuShares: false, cpuCfs: false,
  cpuRealtime: false, cpuset: false, cpus: '', mems: '', pids: false, blkioWeight: false, blkioWeightDevice: false, blkioThrottle: false, devices: false, unified: false,
}

const known = new WeakMap<HostFacts, LimitAbilities>()

/** Looked up once per probe. */
export function limitAbilities(facts: HostFacts): LimitAbilities {
  const found = known.get(facts) ?? lookUp(facts)
  known.set(facts, found)
  return found
}

function lookUp({ cgroup: { mode, driver, controllers }, rootless, cpus }: HostFacts): LimitAbilities {
  if (driver === 'none') return NONE
  const has = (name: string) => controllers.includes(name)
  const machine = { cpus: readList('/sys/devices/system/cpu/online') || (cpus > 1 ? `0-${cpus - 1}` : '0'), mems: readList('/sys/devices/system/node/online') || '0' }
  return mode === 'v2' ? unifiedAbilities(has, machine, rootless) : separateAbilities(has, machine)
}

/** v2 has no swappiness, no switch for the OOM killer, no realtime and no kernel memory limits. */
const unifiedAbilities = (has: (controller: string) => boolean, machine: { cpus: string; mems: string }, rootless: boolean): LimitAbilities => ({
  ...NONE,
  ...machine,
  memory: has('memory'),
  /* memory.swap.* is missing below the root where the kernel counts no swap. */
  swap: has('memory') && !existsSync('/sys/module/memcontrol/parameters/noswap') && swapCounted(),
  memoryReservation: has('memory'),
  cpuShares: has('cpu'),
  cpuCfs: has('cpu'),
  cpuset: has('cpuset'),
  pids: has('pids'),
  blkioWeight: has('io'),
  blkioWeightDevice: has('io'),
  blkioThrottle: has('io'),
  devices: !rootless,
  unified: true,
})

/** CONFIG_SWAP off leaves /proc/swaps out; the counter cannot be looked for in the root cgroup, which has none. */
const swapCounted = () => existsSync('/proc/swaps')

function separateAbilities(has: (controller: string) => boolean, machine: { cpus: string; mems: string }): LimitAbilities {
  const file = (controller: string, name: string) => has(controller) && existsSync(join(ROOT, controller, name))
  return {
    ...machine,
    memory: has('memory'),
    swap: file('memory', 'memory.memsw.limit_in_bytes'),
    memoryReservation: file('memory', 'memory.soft_limit_in_bytes'),
    swappiness: file('memory', 'memory.swappiness'),
    oomKillDisable: file('memory', 'memory.oom_control'),
    kernelMemoryTcp: file('memory', 'memory.kmem.tcp.limit_in_bytes'),
    cpuShares: file('cpu', 'cpu.shares'),
    cpuCfs: file('cpu', 'cpu.cfs_quota_us'),
    cpuRealtime: file('cpu', 'cpu.rt_runtime_us'),
    cpuset: has('cpuset'),
    pids: has('pids'),
    blkioWeight: file('blkio', 'blkio.weight') || file('blkio', 'blkio.bfq.weight'),
    blkioWeightDevice: file('blkio', 'blkio.weight_device') || file('blkio', 'blkio.bfq.weight_device'),
    blkioThrottle: file('blkio', 'blkio.throttle.read_bps_device'),
    devices: has('devices'),
    unified: false,
  }
}

function readList(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
