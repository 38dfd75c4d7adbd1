import { EngineError } from '#shared/errors.ts'
import type { Platform } from '#shared/oci/platform.ts'
import type { ContainerConfig, EndpointSettings, HostConfig } from '../../services/containers/config.ts'
import type { CreateRequest } from '../../services/containers/create.ts'
import { spelled } from '../streams/field-names.ts'

export interface CreateBody extends Omit<ContainerConfig, 'Cmd' | 'Entrypoint'> {
  Cmd?: string[] | string | null
  Entrypoint?: string[] | string | null
  HostConfig?: HostConfig | null
  NetworkingConfig?: { EndpointsConfig?: Record<string, EndpointSettings | null> | null } | null
}

const isText = (value: unknown) => typeof value === 'string'
const isFlag = (value: unknown) => typeof value === 'boolean'
const isInteger = (value: unknown) => Number.isSafeInteger(value)
const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (fits: Kind) => (value: unknown) => Array.isArray(value) && value.every(fits)
const mapOf = (fits: Kind) => (value: unknown) => isMap(value) && Object.values(value).every((entry) => fits(entry))
const orNull = (fits: Kind) => (value: unknown) => value === null || fits(value)
type Kind = (value: unknown) => boolean

const isBinding = (value: unknown) => isMap(value) && Object.values(value).every(isText)

/** What each field must be when it is there and not null. Fields that are not listed are no concern of this engine's. */
const CONFIG: Fields = [
  [isText, 'Hostname Domainname User Image WorkingDir MacAddress StopSignal'],
  [isFlag, 'AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce ArgsEscaped NetworkDisabled'],
  [listOf(isText), 'Env OnBuild Shell'],
  [mapOf(isText), 'Labels'],
  [isMap, 'ExposedPorts Volumes Healthcheck HostConfig NetworkingConfig'],
  [isInteger, 'StopTimeout'],
]
const HOST: Fields = [
  [isText, 'ContainerIDFile NetworkMode VolumeDriver CgroupnsMode IpcMode Cgroup PidMode UTSMode UsernsMode Runtime Isolation CgroupParent CpusetCpus CpusetMems'],
  [isFlag, 'AutoRemove Privileged PublishAllPorts ReadonlyRootfs OomKillDisable Init'],
  [listOf(isText), 'Binds VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links SecurityOpt DeviceCgroupRules MaskedPaths ReadonlyPaths'],
  [listOf(isMap), 'Devices DeviceRequests Ulimits Mounts BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps'],
  [mapOf(isText), 'Tmpfs Sysctls StorageOpt Annotations'],
  [mapOf(orNull(listOf(isBinding))), 'PortBindings'],
  [isMap, 'LogConfig RestartPolicy'],
  [listOf(isInteger), 'ConsoleSize'],
  [isInteger, 'Memory MemorySwap MemoryReservation KernelMemory KernelMemoryTCP MemorySwappiness NanoCpus CpuShares CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuCount CpuPercent PidsLimit ShmSize OomScoreAdj BlkioWeight IOMaximumIOps IOMaximumBandwidth'],
]
type Fields = readonly (readonly [fits: Kind, names: string])[]

/** Docker's create body in our words. @throws invalid-argument when a field is of the wrong kind. */
export function parseCreateBody(body: CreateBody, name: string | undefined, platform: Platform | undefined): CreateRequest {
  const { HostConfig, NetworkingConfig, ...rest } = spelled(namesOf(CONFIG), body)
  check(CONFIG, { ...rest, HostConfig, NetworkingConfig })
  const config: ContainerConfig = { ...rest, Cmd: wordList('Cmd', rest.Cmd), Entrypoint: wordList('Entrypoint', rest.Entrypoint) }
  const asked = spelled(namesOf(HOST), HostConfig ?? {})
  check(HOST, asked, 'HostConfig.')
  const host: HostConfig = asked.Mounts ? { ...asked, Mounts: asked.Mounts.map(withoutEmpty) } : asked
  const endpoints = NetworkingConfig?.EndpointsConfig ?? {}
  if (!mapOf(orNull(isMap))(endpoints)) throw wrongType('NetworkingConfig.EndpointsConfig')
  for (const [network, settings] of Object.entries(endpoints)) if (settings === null) throw new EngineError('invalid-argument', `invalid config for network ${network}: EndpointsConfig is nil`, { field: 'networks' })
  return { name, platform, config, host, endpoints: endpoints as Record<string, EndpointSettings> }
}

/** What says nothing is not shown by inspect. */
function withoutEmpty<Value extends object>(given: Value): Value {
  const kept = Object.entries(given).filter(([, value]) => value !== null && value !== '' && value !== false)
  return Object.fromEntries(kept.map(([name, value]) => [name, isMap(value) ? withoutEmpty(value) : (value as unknown)])) as Value
}

const namesOf = (fields: Fields): string => fields.map(([, names]) => names).join(' ')

/** @throws invalid-argument when a field of HostConfig is of the wrong kind. */
export const checkHostConfig = (host: HostConfig): void => check(HOST, host)

function check(fields: Fields, given: object, within = ''): void {
  const values = given as Record<string, unknown>
  for (const [fits, names] of fields) {
    for (const name of names.split(' ')) if (values[name] !== undefined && values[name] !== null && !fits(values[name])) throw wrongType(within + name)
  }
}

/** Docker takes one string for a list of one. */
function wordList(field: string, value: string[] | string | null | undefined): string[] | null | undefined {
  const list = typeof value === 'string' ? [value] : value
  if (list !== undefined && list !== null && !listOf(isText)(list)) throw wrongType(field)
  return list
}

const wrongType = (field: string) => new EngineError('invalid-argument', `invalid JSON: ${field} has the wrong type`, { field })
