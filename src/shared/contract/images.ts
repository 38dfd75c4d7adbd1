import { identifier, integer, list, nothing, optional, record, text, truth, type Shapes } from './shape.ts'
import type { EachOutcome, Timestamp } from './containers.ts'
import type { SerializedError } from './errors.ts'
import type { WastedFile } from '../images/layer-survey.ts'

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

export interface PullRequest {
  /** As a user types it: nginx, nginx:1.27, registry:5000/team/app@sha256:… */
  reference: string
  platform?: string
}

export interface ImageSearchResult {
  name: string
  description: string
  stars: number
  official: boolean
}

export interface TagsRequest {
  /** As a user types it: nginx, registry:5000/team/app. */
  repository: string
}

/** One step of an image's history, base first. */
export interface ImageStep {
  createdAt: Timestamp
  createdBy: string
  comment: string
  sizeBytes: number
  /** The layer it made, counted from 0, the base; undefined for a step that changed only the configuration, or where the engine does not tell. */
  layer?: number
}

/** What the layers do to one another, without their files (stream `images.files`). */
export interface ImageSurvey {
  layers: { bytes: number; files: number; added: number; changed: number; deleted: number; wastedBytes: number }[]
  bytes: number
  /** Carried along though nobody sees it: written again or deleted by a later layer. */
  wastedBytes: number
  /** Largest first, at most 500. */
  wasted: WastedFile[]
  wastedFiles: number
}

export interface PushRequest {
  /** The tag to send. */
  reference: string
}

/** What a registry says of a tag that is here. */
export interface RegistryAnswer {
  reference: string
  /** The registry has another image under this name. */
  newer?: boolean
  error?: SerializedError
}

export interface ImagesContract {
  list(): Promise<ImageSummary[]>
  inspect(request: { id: string }): Promise<ImageDetail>
  /** Progress, cancellable; resolves with what the reference now names. */
  pull(request: PullRequest): Promise<{ id: ImageId }>
  remove(request: { ids: string[]; force?: boolean }): Promise<EachOutcome[]>
  tag(request: { id: string; reference: string }): Promise<void>
  /** Bytes of each image that other images have as well. */
  sharedSizes(): Promise<{ id: ImageId; bytes: number }[]>
  history(request: { id: string }): Promise<ImageStep[]>
  /** Reads every layer; of a plain Docker engine by fetching the whole image. Progress, cancellable. */
  survey(request: { id: string }): Promise<ImageSurvey>
  /** Progress, cancellable. */
  push(request: PushRequest): Promise<void>
  /** Into one archive on the machine that Slipway runs on. Progress, cancellable; nothing is left of it when it fails. */
  save(request: { ids: string[]; path: string }): Promise<{ bytes: number }>
  /** Images from an archive that `save` or docker made. Progress, cancellable. */
  load(request: { path: string }): Promise<{ names: string[] }>
  /** One layer from an archive of files. Progress, cancellable. */
  import(request: { path: string; reference?: string }): Promise<{ id: ImageId }>
  /** Asks the registries, each tag at its own. */
  askRegistry(request: { references: string[] }): Promise<RegistryAnswer[]>
  search(request: { term: string; limit?: number }): Promise<ImageSearchResult[]>
  /** Of a repository at its registry: `latest`, words, versions from the newest. A plain Docker engine cannot (`needs-slipway`). */
  tags(request: TagsRequest): Promise<string[]>
}

const reference = identifier<string>()
const path = text(4096)

export const imagesShapes: Shapes<ImagesContract> = {
  list: nothing,
  inspect: record<{ id: string }>({ id: reference }),
  pull: record<PullRequest>({ reference, platform: optional(text(64)) }),
  remove: record<{ ids: string[]; force?: boolean }>({ ids: list(reference), force: optional(truth) }),
  tag: record<{ id: string; reference: string }>({ id: reference, reference }),
  sharedSizes: nothing,
  history: record<{ id: string }>({ id: reference }),
  survey: record<{ id: string }>({ id: reference }),
  push: record<PushRequest>({ reference }),
  save: record<{ ids: string[]; path: string }>({ ids: list(reference), path }),
  load: record<{ path: string }>({ path }),
  import: record<{ path: string; reference?: string }>({ path, reference: optional(reference) }),
  askRegistry: record<{ references: string[] }>({ references: list(reference) }),
  search: record<{ term: string; limit?: number }>({ term: text(256), limit: optional(integer(1, 100)) }),
  tags: record<TagsRequest>({ repository: reference }),
}
