import { statSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { OciResources } from '../runtime.ts'
import { deviceNumber } from './devices.ts'
import type { DeviceRate, ResourceLimits } from './resource-limits.ts'

/** https://docs.kernel.org/scheduler/sched-bwc.html: 100 ms is the kernel's own default. */
const DEFAULT_PERIOD = 100_000

/** Limits in the runtime's form, for config.json and for update. They have been checked (checkResourceLimits). @throws invalid-argument for a device that is none. */
export function resourcesOf(limits: ResourceLimits): OciResources {
  const resources = withoutEmpty<OciResources>({
    memory: memoryOf(limits),
    cpu: cpuOf(limits),
    pids: limits.pidsLimit === undefined ? undefined : { limit: limits.pidsLimit > 0 ? limits.pidsLimit : -1 },
    blockIO: blockIoOf(limits),
    unified: limits.unified === undefined ? undefined : { ...limits.unified },
  })
  return resources ?? {}
}

const memoryOf = (limits: ResourceLimits): OciResources['memory'] =>
  withoutEmpty({
    limit: limits.memory || undefined,
    reservation: limits.memoryReservation || undefined,
    swap: limits.memorySwap || undefined,
    swappiness: limits.memorySwappiness === -1 ? undefined : limits.memorySwappiness,
    disableOOMKiller: limits.oomKillDisable || undefined,
    kernelTCP: limits.kernelMemoryTcp || undefined,
  })

function cpuOf(limits: ResourceLimits): OciResources['cpu'] {
  const { nanoCpus = 0 } = limits
  return withoutEmpty({
    shares: limits.cpuShares || undefined,
    period: limits.cpuPeriod || (nanoCpus > 0 ? DEFAULT_PERIOD : undefined),
    quota: limits.cpuQuota || (nanoCpus > 0 ? Math.floor((nanoCpus * DEFAULT_PERIOD) / 1e9) : undefined),
    realtimePeriod: limits.cpuRealtimePeriod || undefined,
    realtimeRuntime: limits.cpuRealtimeRuntime || undefined,
    cpus: limits.cpusetCpus || undefined,
    mems: limits.cpusetMems || undefined,
  })
}

const blockIoOf = (limits: ResourceLimits): OciResources['blockIO'] =>
  withoutEmpty({
    weight: limits.blkioWeight || undefined,
    weightDevice: limits.blkioWeightDevices?.map(({ path, weight }) => ({ ...blockDevice(path), weight })),
    throttleReadBpsDevice: ratesOf(limits.blkioReadBps),
    throttleWriteBpsDevice: ratesOf(limits.blkioWriteBps),
    throttleReadIOPSDevice: ratesOf(limits.blkioReadIops),
    throttleWriteIOPSDevice: ratesOf(limits.blkioWriteIops),
  })

const ratesOf = (rates: readonly DeviceRate[] | undefined) => rates?.map(({ path, rate }) => ({ ...blockDevice(path), rate }))

function blockDevice(path: string): { major: number; minor: number } {
  const stat = statOf(path)
  if (stat === undefined) throw new EngineError('invalid-argument', `stat ${path}: no such file or directory`, { reason: 'no-device' })
  if (!stat.isBlockDevice()) throw new EngineError('invalid-argument', `${path} is not a block device`, { reason: 'no-device' })
  return deviceNumber(stat.rdev)
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw fromSystemError(error, `stat ${path.slice(0, 100)}`)
  }
}

/** Without what is undefined or an empty list; undefined when nothing is left. */
function withoutEmpty<Value extends object>(value: Value): Value | undefined {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && !(Array.isArray(each) && each.length === 0))
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Value)
}
