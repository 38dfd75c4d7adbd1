import { identifier, integer, list, nothing, optional, record, text, truth, type Shape, type Shapes } from './shape.ts'
import type { EachOutcome, Timestamp } from './containers.ts'

/** Digest of the image config: sha256:… */
export type ImageId = string & { readonly __brand?: 'ImageId' }

export interface ImageSummary {
  id: ImageId
  /** name:tag; empty when the image is dangling. */
  tags: string[]
  /** name@sha256:… */
  digests: string[]
  createdAt: Timestamp
  sizeBytes: number
  labels: Record<string, string>
}

/** What an image asks for: the defaults of the run form. */
export interface ImageDefaults {
  entrypoint: string[]
  command: string[]
  environment: string[]
  workingDirectory: string
  user: string
  exposedPorts: { containerPort: number; protocol: 'tcp' | 'udp' | 'sctp' }[]
  volumes: string[]
  labels: Record<string, string>
  stopSignal?: string
  healthcheck?: string[]
}

export interface ImageDetail {
  id: ImageId
  tags: string[]
  digests: string[]
  createdAt: Timestamp
  sizeBytes: number
  architecture: string
  os: string
  author?: string
  defaults: ImageDefaults
  /** Diff IDs, base first. */
  layers: string[]
  raw: unknown
}

export interface RegistryCredentials {
  username: string
  password: string
}

export interface PullRequest {
  /** As a user types it: nginx, nginx:1.27, registry:5000/team/app@sha256:… */
  reference: string
  platform?: string
  credentials?: RegistryCredentials
}

export interface ImageSearchResult {
  name: string
  description: string
  stars: number
  official: boolean
}

export interface ImagesContract {
  list(): Promise<ImageSummary[]>
  inspect(request: { id: string }): Promise<ImageDetail>
  /** Progress, cancellable; resolves with what the reference now names. */
  pull(request: PullRequest): Promise<{ id: ImageId }>
  remove(request: { ids: string[]; force?: boolean }): Promise<EachOutcome[]>
  tag(request: { id: string; reference: string }): Promise<void>
  search(request: { term: string; limit?: number }): Promise<ImageSearchResult[]>
}

const reference = identifier<string>()
const credentials: Shape<RegistryCredentials> = record<RegistryCredentials>({ username: text(1024), password: text(65_536) })

export const imagesShapes: Shapes<ImagesContract> = {
  list: nothing,
  inspect: record<{ id: string }>({ id: reference }),
  pull: record<PullRequest>({ reference, platform: optional(text(64)), credentials: optional(credentials) }),
  remove: record<{ ids: string[]; force?: boolean }>({ ids: list(reference), force: optional(truth) }),
  tag: record<{ id: string; reference: string }>({ id: reference, reference }),
  search: record<{ term: string; limit?: number }>({ term: text(256), limit: optional(integer(1, 100)) }),
}
