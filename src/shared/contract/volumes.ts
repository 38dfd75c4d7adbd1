import { dictionary, identifier, list, nothing, oneOf, optional, record, text, truth, type Shapes } from './shape.ts'
import { hostPath } from './files.ts'
import type { EachOutcome, Timestamp } from './containers.ts'

export interface VolumeSummary {
  name: string
  driver: string
  /** On the engine's machine. */
  mountpoint: string
  createdAt?: Timestamp
  labels: Record<string, string>
  /** Made without a name by a container (com.docker.volume.anonymous, or a name of 64 hex digits). */
  anonymous: boolean
}

export interface VolumeCreateRequest {
  /** The engine makes one up when left out. */
  name?: string
  driver?: string
  driverOptions?: Record<string, string>
  labels?: Record<string, string>
}

export type BackupCompression = 'gzip' | 'zstd'

export interface VolumesContract {
  list(): Promise<VolumeSummary[]>
  create(request: VolumeCreateRequest): Promise<VolumeSummary>
  remove(request: { names: string[]; force?: boolean }): Promise<EachOutcome[]>
  inspect(request: { name: string }): Promise<VolumeSummary & { raw: unknown }>
  /** Bytes of each; counted when asked for. Those of other drivers are left out. */
  sizes(): Promise<Record<string, number>>
  /** A new volume with the same files, owners, modes, attributes and links. Progress. */
  clone(request: { name: string; to: string }): Promise<VolumeSummary>
  /** Takes every file out of it. */
  empty(request: { name: string }): Promise<void>
  /** All of it as a compressed tar archive, to a file of this machine. Progress. */
  backup(request: { name: string; target: string; compression: BackupCompression }): Promise<{ bytes: number }>
  /** From such a file (or any tar archive). `create`: into a new volume of that name; otherwise what was in it is taken out first. Progress. */
  restore(request: { name: string; source: string; create: boolean }): Promise<VolumeSummary>
}

const name = identifier<string>()
const table = dictionary(text(65_536))

export const volumesShapes: Shapes<VolumesContract> = {
  list: nothing,
  create: record<VolumeCreateRequest>({ name: optional(name), driver: optional(name), driverOptions: optional(table), labels: optional(table) }),
  remove: record<{ names: string[]; force?: boolean }>({ names: list(name), force: optional(truth) }),
  inspect: record<{ name: string }>({ name }),
  sizes: nothing,
  clone: record<{ name: string; to: string }>({ name, to: name }),
  empty: record<{ name: string }>({ name }),
  backup: record<{ name: string; target: string; compression: BackupCompression }>({ name, target: hostPath, compression: oneOf('gzip', 'zstd') }),
  restore: record<{ name: string; source: string; create: boolean }>({ name, source: hostPath, create: truth }),
}
