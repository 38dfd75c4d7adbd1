import { dictionary, identifier, list, nothing, optional, record, text, truth, type Shapes } from './shape.ts'
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

export interface VolumesContract {
  list(): Promise<VolumeSummary[]>
  create(request: VolumeCreateRequest): Promise<VolumeSummary>
  remove(request: { names: string[]; force?: boolean }): Promise<EachOutcome[]>
  inspect(request: { name: string }): Promise<VolumeSummary & { raw: unknown }>
}

const name = identifier<string>()
const table = dictionary(text(65_536))

export const volumesShapes: Shapes<VolumesContract> = {
  list: nothing,
  create: record<VolumeCreateRequest>({ name: optional(name), driver: optional(name), driverOptions: optional(table), labels: optional(table) }),
  remove: record<{ names: string[]; force?: boolean }>({ names: list(name), force: optional(truth) }),
  inspect: record<{ name: string }>({ name }),
}
