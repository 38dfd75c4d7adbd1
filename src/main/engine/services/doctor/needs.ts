import type { NetworkFault } from '../../core/network/network-fault.ts'

/** What the doctor requires of its siblings; engine/index.ts and doctor-program.ts fill it in. */
export interface DoctorNeeds {
  networks: NetworksNeed
}

export interface NetworksNeed {
  /** Where the kernel is not as the records say, for the containers that run. */
  faults(isLive: (containerId: string) => boolean): Promise<NetworkFault[]>
  mend(isLive: (containerId: string) => boolean): Promise<void>
}
