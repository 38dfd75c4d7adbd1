import type { ImageId } from '#shared/oci/digest.ts'
import type { ImageConfig } from '#shared/oci/image-config.ts'
import type { Platform } from '#shared/oci/platform.ts'
import type { ChainId } from '#shared/oci/digest.ts'
import type { Endpoint, EndpointRequest, NameFiles, PortBinding, PortMapping, Sandbox, SandboxRequest } from '../../core/network/sandbox.ts'

/** What containers require of their siblings; engine/index.ts fills it in. */
export interface ContainersNeeds {
  images: ImagesNeed
  networks: NetworksNeed
  volumes: VolumesNeed
}

export interface ImagesNeed {
  /** @throws not-found: `No such image: x` */
  resolve(name: string, platform?: Platform): Promise<{ id: ImageId; config: ImageConfig; chain: ChainId | undefined; platform: Platform }>
  /** The image that it was built on here. */
  parentOf(id: ImageId): ImageId | undefined
}

export interface NetworksNeed {
  /** @throws not-found */
  get(reference: string): { id: string; name: string; driver: string }
  list(): { id: string; name: string; driver: string }[]
  /** @throws invalid-argument for what the network could never give; an unknown one is nothing. */
  /** `joining`: of a container that is there already, so that it is not said to be wrongly configured. */
  checkEndpoint(request: EndpointRequest, options?: { joining?: boolean }): void
  reservePorts(containerId: string, bindings: readonly PortBinding[]): Promise<Disposable>
  connectSandbox(request: SandboxRequest): Promise<Sandbox>
  disconnectSandbox(containerId: string): Promise<void>
  findSandbox(containerId: string): Sandbox | undefined
  connectEndpoint(containerId: string, request: EndpointRequest): Promise<Endpoint>
  disconnectEndpoint(containerId: string, network: string): Promise<void>
  updatePorts(containerId: string, bindings: readonly PortBinding[]): Promise<PortMapping[]>
  renameSandbox(containerId: string, name: string): void
  hostModeFiles(request: Pick<SandboxRequest, 'hostname' | 'dns' | 'extraHosts'>): Promise<NameFiles>
  restore(liveContainerIds: Iterable<string>): Promise<void>
}

export interface VolumesNeed {
  /** The volume of that name, made when it is not there yet; without a name an anonymous one. One that is `tied` goes at the engine's next start if no container mentions it. @throws invalid-argument, conflict (other driver). */
  ensure(request: { name?: string; driver?: string; driverOptions?: Record<string, string>; labels?: Record<string, string>; tied?: boolean }): Promise<{ name: string; driver: string; created: boolean }>
  /** Host path with the volume's files, mounted if its options ask for that; the container holds it until `release`. `subpath` never leads out of it. */
  acquire(name: string, containerId: string, subpath?: string): Promise<string>
  release(name: string, containerId: string): Promise<void>
  /** Copies what the image has at the mount point into the volume, if the volume is still empty: owners, modes and links as they are. */
  copyUp(name: string, from: { rootfs: string; path: string; subpath?: string }): Promise<void>
  /** Its own options make it so, whatever the container asks for: a runtime's bind does not inherit that. */
  isReadonly(name: string): boolean
  /** Where `inspect` says the volume is. */
  mountpoint(name: string): string
  /** An absent volume, and one that another container uses, are left alone. */
  removeUnused(name: string): Promise<void>
  /** It stays when its container goes. */
  untie(name: string): void
  /** Finishes what an engine that was cut was making or removing. */
  sweep(): Promise<void>
}
