import type { Containers } from '../../services/containers/containers.ts'

/** What the containers API requires; the service fits as it is. */
export type ContainersApiNeeds = Pick<
  Containers,
  | 'get' | 'find' | 'list' | 'namesByLinks' | 'create' | 'start' | 'stop' | 'restart' | 'kill' | 'pause' | 'unpause' | 'remove' | 'removeLink' | 'rename' | 'wait' | 'logs' | 'attach' | 'resize' | 'top' | 'stats' | 'update' | 'prune'
  | 'changePorts' | 'findSandbox' | 'execIds' | 'writableSize' | 'graphDriver' | 'volumeMountpoint'
> & {
  /** Bytes of the image's layers, for `size`. */
  imageSize(imageId: string): Promise<number>
  /** Of which image it is the name now. */
  imageIdOf(name: string): string | undefined
  /** Undefined when there is no such network any more. `names`: containers on it are found by name. */
  findNetwork(reference: string): { id: string; names: boolean } | undefined
  paths(containerId: string): { hosts: string; hostname: string; resolvConf: string; log: string }
  host: { cpus: number; memoryBytes: number }
}
