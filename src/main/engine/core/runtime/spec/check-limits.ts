import { EngineError } from '#shared/errors.ts'
import { limitAbilities, type LimitAbilities } from '../cgroup/abilities.ts'
import type { Host } from '../../host/host.ts'
import { parseCpuList } from './cpu-list.ts'
import type { ResourceLimits } from './resource-limits.ts'

export interface CheckedLimits {
  /** With Docker's defaults filled in (swap is twice the memory), and without what this machine cannot do. */
  limits: ResourceLimits
  /** Docker's words for what was left out. */
  warnings: string[]
}

const SMALLEST_MEMORY = 6 * 1024 * 1024
/** What the kernel takes: https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/kernel/sched/sched.h */
const SHARES = { least: 2, most: 262_144 }

/** For create and update. @throws invalid-argument with Docker's texts. */
export function checkResourceLimits(asked: ResourceLimits, host: Pick<Host, 'facts'>, { update = false } = {}): CheckedLimits {
  const abilities = limitAbilities(host.facts)
  const limits: ResourceLimits = { ...asked }
  const warnings: string[] = []
  const drop = (warning: string, ...names: (keyof ResourceLimits)[]) => {
    if (warning !== '') warnings.push(warning)
    for (const name of names) delete limits[name]
  }
  checkMemory(limits, abilities, drop, update)
  checkOom(limits, abilities, drop, warnings)
  checkCpu(limits, abilities, drop, host.facts.cpus)
  checkCpuset(limits, abilities, drop)
  checkBlockIo(limits, abilities, drop)
  return { limits, warnings }
}

type Drop = (warning: string, ...names: (keyof ResourceLimits)[]) => void
const missing = (what: string, then: string) => `Your kernel does not support ${what} or the cgroup is not mounted. ${then}`

function checkMemory(limits: ResourceLimits, can: LimitAbilities, drop: Drop, update: boolean): void {
  const { memory = 0 } = limits
  if (limits.memorySwappiness === -1) delete limits.memorySwappiness
  refuseIf(memory !== 0 && memory < SMALLEST_MEMORY, 'Minimum memory limit allowed is 6MB', 'memory')
  if (memory > 0 && !can.memory) drop(missing('memory limit capabilities', 'Limitation discarded.'), 'memory', 'memorySwap')
  const { memorySwap = 0 } = limits
  if (limits.memory && memorySwap === 0 && !update) limits.memorySwap = limits.memory * 2
  if (limits.memory && limits.memorySwap !== -1 && limits.memorySwap !== undefined && !can.swap) {
    drop(missing('swap limit capabilities', 'Memory limited without swap.'), 'memorySwap')
    limits.memorySwap = -1
  }
  const swap = limits.memorySwap ?? 0
  refuseIf(!!limits.memory && swap > 0 && swap < limits.memory, 'Minimum memoryswap limit should be larger than memory limit, see usage', 'memorySwap')
  refuseIf(!limits.memory && swap > 0 && !update, 'You should always set the Memory limit when using Memoryswap limit, see usage', 'memorySwap')
  checkReservation(limits, can, drop)
}

function checkReservation(limits: ResourceLimits, can: LimitAbilities, drop: Drop): void {
  const { memorySwappiness: swappiness } = limits
  if (swappiness !== undefined && !can.swappiness) drop(missing('memory swappiness capabilities', 'Memory swappiness discarded.'), 'memorySwappiness')
  refuseIf(swappiness !== undefined && (swappiness < 0 || swappiness > 100), `Invalid value: ${swappiness}, valid memory swappiness range is 0-100`, 'memorySwappiness')
  if (limits.memoryReservation && !can.memoryReservation) drop(missing('memory soft limit capabilities', 'Limitation discarded.'), 'memoryReservation')
  const { memoryReservation: reservation = 0, memory = 0 } = limits
  refuseIf(reservation > 0 && reservation < SMALLEST_MEMORY, 'Minimum memory reservation allowed is 6MB', 'memoryReservation')
  refuseIf(memory > 0 && reservation > memory, 'Minimum memory limit can not be less than memory reservation limit, see usage', 'memoryReservation')
  if (limits.kernelMemoryTcp && !can.kernelMemoryTcp) drop(missing('kernel memory TCP limit', 'Limitation discarded.'), 'kernelMemoryTcp')
}

function checkOom(limits: ResourceLimits, can: LimitAbilities, drop: Drop, warnings: string[]): void {
  if (limits.oomKillDisable && !can.oomKillDisable) drop('Your kernel does not support OomKillDisable. OomKillDisable discarded.', 'oomKillDisable')
  if (limits.oomKillDisable && !limits.memory) {
    warnings.push('OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.')
  }
  if (limits.pidsLimit !== undefined && !can.pids) {
    drop(limits.pidsLimit > 0 ? missing('PIDs limit capabilities', 'PIDs limit discarded.') : '', 'pidsLimit')
  }
}

function checkCpu(limits: ResourceLimits, can: LimitAbilities, drop: Drop, cpus: number): void {
  const { nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0, cpuShares = 0 } = limits
  refuseIf(nanoCpus > 0 && cpuPeriod > 0, 'Conflicting options: Nano CPUs and CPU Period cannot both be set', 'nanoCpus')
  refuseIf(nanoCpus > 0 && cpuQuota > 0, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set', 'nanoCpus')
  refuseIf(nanoCpus < 0 || nanoCpus > cpus * 1e9, `Range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`, 'nanoCpus')
  refuseIf(nanoCpus > 0 && !can.cpuCfs, 'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted', 'nanoCpus')
  refuseIf(cpuShares < 0, 'shares: invalid argument', 'cpuShares')
  if (cpuShares > 0 && !can.cpuShares) drop(missing('CPU shares', 'Shares discarded.'), 'cpuShares')
  else if (cpuShares > 0) limits.cpuShares = Math.min(Math.max(cpuShares, SHARES.least), SHARES.most)
  if ((cpuPeriod !== 0 || cpuQuota !== 0) && !can.cpuCfs) drop('Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.', 'cpuPeriod', 'cpuQuota')
  const { cpuPeriod: period = 0, cpuQuota: quota = 0 } = limits
  refuseIf(period !== 0 && (period < 1000 || period > 1_000_000), 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)', 'cpuPeriod')
  refuseIf(quota > 0 && quota < 1000, 'CPU cfs quota can not be less than 1ms (i.e. 1000)', 'cpuQuota')
  if ((limits.cpuRealtimePeriod || limits.cpuRealtimeRuntime) && !can.cpuRealtime) {
    throw refusal('Your kernel does not support CPU real-time scheduler', 'cpuRealtimeRuntime')
  }
}

function checkCpuset(limits: ResourceLimits, can: LimitAbilities, drop: Drop): void {
  if ((limits.cpusetCpus || limits.cpusetMems) && !can.cpuset) drop(missing('cpuset', 'Cpuset discarded.'), 'cpusetCpus', 'cpusetMems')
  checkList(limits.cpusetCpus, can.cpus, 'cpus', 'CPUs', 'cpusetCpus')
  checkList(limits.cpusetMems, can.mems, 'mems', 'memory nodes', 'cpusetMems')
}

function checkList(asked: string | undefined, available: string, kind: string, title: string, field: keyof ResourceLimits): void {
  if (!asked) return
  const wanted = parseCpuList(asked)
  if (wanted === undefined) throw refusal(`Invalid value ${asked} for cpuset ${kind}: invalid format: ${asked}`, field)
  const present = parseCpuList(available) ?? new Set()
  refuseIf(![...wanted].every((number) => present.has(number)), `Requested ${title} are not available - requested ${asked}, available: ${available}`, field)
}

function checkBlockIo(limits: ResourceLimits, can: LimitAbilities, drop: Drop): void {
  if (limits.blkioWeight && !can.blkioWeight) drop(missing('Block I/O weight', 'Weight discarded.'), 'blkioWeight')
  const { blkioWeight: weight = 0 } = limits
  refuseIf(weight !== 0 && (weight < 10 || weight > 1000), 'Range of blkio weight is from 10 to 1000', 'blkioWeight')
  if (limits.blkioWeightDevices?.length && !can.blkioWeightDevice) drop(missing('Block I/O weight_device', 'Weight-device discarded.'), 'blkioWeightDevices')
  for (const [name, what, then] of THROTTLES) {
    if (limits[name]?.length && !can.blkioThrottle) drop(missing(what, `Block I/O ${then} limit discarded.`), name)
  }
}

const THROTTLES = [
  ['blkioReadBps', 'BPS Block I/O read limit', 'BPS read'],
  ['blkioWriteBps', 'BPS Block I/O write limit', 'BPS write'],
  ['blkioReadIops', 'IOPS Block read limit', 'IOPS read'],
  ['blkioWriteIops', 'IOPS Block write limit', 'IOPS write'],
] as const

function refuseIf(wrong: boolean, message: string, field: keyof ResourceLimits): void {
  if (wrong) throw refusal(message, field)
}

const refusal = (message: string, field: string) => new EngineError('invalid-argument', message, { reason: 'invalid-limit', field })
