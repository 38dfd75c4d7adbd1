import { HEALTHCHECK, isFlag, isInteger, isMap, isText, listOf, mapOf, objectOf, orNull, type Fields } from '#shared/json-shape.ts'

/** What Docker's API says of the parts of a container: https://docs.docker.com/reference/api/engine/version/v1.50/#tag/Container/operation/ContainerCreate */
export const CONFIG: Fields = [
  [isText, 'Hostname Domainname User Image WorkingDir MacAddress StopSignal'],
  [isFlag, 'AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce ArgsEscaped NetworkDisabled'],
  [listOf(isText), 'Env OnBuild Shell'],
  [mapOf(isText), 'Labels'],
  [isMap, 'ExposedPorts Volumes'],
  [objectOf(HEALTHCHECK), 'Healthcheck'],
  [isInteger, 'StopTimeout'],
]

export const ENDPOINT: Fields = [
  [isText, 'MacAddress NetworkID EndpointID'],
  [listOf(isText), 'Links Aliases'],
  [mapOf(isText), 'DriverOpts'],
  [isInteger, 'GwPriority'],
  [objectOf([[isText, 'IPv4Address IPv6Address'], [listOf(isText), 'LinkLocalIPs']]), 'IPAMConfig'],
]

const BINDING: Fields = [[isText, 'HostIp HostPort']]
export const PORTS: Fields = [[mapOf(orNull(listOf(objectOf(BINDING)))), 'PortBindings']]

const VOLUME_OPTIONS: Fields = [
  [isFlag, 'NoCopy'],
  [mapOf(isText), 'Labels'],
  [isText, 'Subpath'],
  [objectOf([[isText, 'Name'], [mapOf(isText), 'Options']]), 'DriverConfig'],
]
const MOUNT: Fields = [
  [isText, 'Type Source Target Consistency'],
  [isFlag, 'ReadOnly'],
  [objectOf([[isText, 'Propagation'], [isFlag, 'NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive']]), 'BindOptions'],
  [objectOf(VOLUME_OPTIONS), 'VolumeOptions'],
  [objectOf([[isText, 'Subpath']]), 'ImageOptions'],
  [objectOf([[isInteger, 'SizeBytes Mode'], [listOf(listOf(isText)), 'Options']]), 'TmpfsOptions'],
]
const DEVICE: Fields = [[isText, 'PathOnHost PathInContainer CgroupPermissions']]
const DEVICE_REQUEST: Fields = [
  [isText, 'Driver'],
  [isInteger, 'Count'],
  [listOf(isText), 'DeviceIDs'],
  [listOf(listOf(isText)), 'Capabilities'],
  [mapOf(isText), 'Options'],
]

/** Docker takes a limit that is not there for 0. */
export const isUlimit = objectOf([[isText, 'Name'], [isInteger, 'Soft Hard']], 'Name')

export const HOST: Fields = [
  [isText, 'ContainerIDFile NetworkMode VolumeDriver CgroupnsMode IpcMode Cgroup PidMode UTSMode UsernsMode Runtime Isolation CgroupParent CpusetCpus CpusetMems'],
  [isFlag, 'AutoRemove Privileged PublishAllPorts ReadonlyRootfs OomKillDisable Init'],
  [listOf(isText), 'Binds VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links SecurityOpt DeviceCgroupRules MaskedPaths ReadonlyPaths'],
  [listOf(objectOf(DEVICE)), 'Devices'],
  [listOf(objectOf(DEVICE_REQUEST)), 'DeviceRequests'],
  [listOf(isUlimit), 'Ulimits'],
  [listOf(objectOf(MOUNT)), 'Mounts'],
  [listOf(objectOf([[isText, 'Path'], [isInteger, 'Rate Weight']], 'Path')), 'BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps'],
  [mapOf(isText), 'Tmpfs Sysctls StorageOpt Annotations'],
  ...PORTS,
  [objectOf([[isText, 'Type'], [mapOf(isText), 'Config']]), 'LogConfig'],
  [objectOf([[isText, 'Name'], [isInteger, 'MaximumRetryCount']]), 'RestartPolicy'],
  [listOf(isInteger), 'ConsoleSize'],
  [isInteger, 'Memory MemorySwap MemoryReservation KernelMemory KernelMemoryTCP MemorySwappiness NanoCpus CpuShares CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuCount CpuPercent PidsLimit ShmSize OomScoreAdj BlkioWeight IOMaximumIOps IOMaximumBandwidth'],
]
