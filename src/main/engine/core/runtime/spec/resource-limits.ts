/** Limits as Docker's HostConfig.Resources has them; absent or 0 means none, unless said otherwise. Sizes in bytes, CPU times in microseconds. */
export interface ResourceLimits {
  memory?: number
  memoryReservation?: number
  /** Memory and swap together; -1 unlimited. */
  memorySwap?: number
  /** 0 … 100; -1 or absent: the kernel's. */
  memorySwappiness?: number
  oomKillDisable?: boolean
  kernelMemoryTcp?: number
  cpuShares?: number
  cpuPeriod?: number
  cpuQuota?: number
  /** Billionths of a CPU. */
  nanoCpus?: number
  cpuRealtimePeriod?: number
  cpuRealtimeRuntime?: number
  /** `0-3`, `0,1` */
  cpusetCpus?: string
  cpusetMems?: string
  /** ≤ 0: unlimited. */
  pidsLimit?: number
  /** 10 … 1000 */
  blkioWeight?: number
  blkioWeightDevices?: readonly { path: string; weight: number }[]
  /** Bytes per second. */
  blkioReadBps?: readonly DeviceRate[]
  blkioWriteBps?: readonly DeviceRate[]
  /** Operations per second. */
  blkioReadIops?: readonly DeviceRate[]
  blkioWriteIops?: readonly DeviceRate[]
  /** cgroup v2 files written as they are. */
  unified?: Readonly<Record<string, string>>
}

export interface DeviceRate {
  /** A block device of the host. */
  path: string
  rate: number
}
