import { identifier, list, nothing, record, truth, type Shapes } from './shape.ts'
import type { EachOutcome } from './containers.ts'

/** What lies on the disk, by kind; sizes in bytes. */
export interface DiskUsage {
  /** Every layer once. */
  imagesBytes: number
  images: DiskImage[]
  containers: DiskContainer[]
  volumes: DiskVolume[]
  buildCacheBytes: number
  /** Where the engine keeps all this; undefined for engines that do not tell. */
  disk?: { path: string; totalBytes: number; freeBytes: number }
}
export interface DiskImage {
  id: string
  tags: string[]
  bytes: number
  /** What no other image has: freed when it goes. */
  ownBytes: number
  containers: number
  /** Those of them that are known, by id. */
  holders: string[]
}
export interface DiskContainer {
  id: string
  name: string
  /** What it wrote on top of its image. */
  bytes: number
  running: boolean
}
export interface DiskVolume {
  name: string
  bytes: number
  containers: number
  /** Those of them that are known, by id. */
  holders: string[]
  anonymous: boolean
}

/** Exactly what goes: what was shown and chosen, nothing that turned up since. */
export interface CleanUpRequest {
  containers: string[]
  images: string[]
  volumes: string[]
  buildCache: boolean
}

/** What the engine's doctor says of everything it keeps on the disk. */
export interface CheckUp {
  checked: { blobs: number; bytes: number; layers: number; images: number; containers: number; volumes: number }
  findings: CheckUpFinding[]
}
export interface CheckUpFinding {
  kind: 'database' | 'blob' | 'layer' | 'image' | 'container' | 'network' | 'volume' | 'folder' | 'leftover'
  /** What it is about: a name, a digest, a path. */
  subject: string
  /** A sentence each, of the engine. */
  what: string
  advice: string
  outcome: 'repaired' | 'repairable' | 'needs-you'
}

export interface SystemContract {
  /** Reads all of it, which takes as long as the disk does. `repair`: mends what can be mended without loss. @throws not-implemented for engines that are not Slipway's. */
  checkUp(request: { repair: boolean }): Promise<CheckUp>
  /** Takes a while where much lies: the engine measures. */
  diskUsage(): Promise<DiskUsage>
  /** Containers first, then what they held. Each is tried, whatever the others do. Progress. */
  cleanUp(request: CleanUpRequest): Promise<EachOutcome[]>
}

const ids = list(identifier<string>(), 10_000)
export const systemShapes: Shapes<SystemContract> = {
  checkUp: record<{ repair: boolean }>({ repair: truth }),
  diskUsage: nothing,
  cleanUp: record<CleanUpRequest>({ containers: ids, images: ids, volumes: ids, buildCache: truth }),
}
