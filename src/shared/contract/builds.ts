import { dictionary, identifier, list, nothing, optional, record, text, truth, type Shape, type Shapes } from './shape.ts'
import type { Timestamp } from './containers.ts'
import type { SerializedError } from './errors.ts'
import type { ImageId } from './images.ts'
import { EngineError } from '../errors.ts'

export type BuildId = string & { readonly __brand?: 'BuildId' }

export interface BuildRequest {
  /** Absolute path of the build context, on the machine that Slipway runs on. */
  folder: string
  /** Relative to the folder; `Dockerfile` when left out. */
  dockerfile?: string
  tags: string[]
  args?: Record<string, string>
  /** The stage to end with; the last when left out. */
  target?: string
  platform?: string
  /** Every step is carried out, whatever is known of it. */
  noCache?: boolean
  /** Base images are asked for at their registry even when they are here. */
  pull?: boolean
}

export type BuildState =
  | { status: 'running' }
  | { status: 'done'; imageId: ImageId; finishedAt: Timestamp }
  /** `line` is that of the Dockerfile, where it is known. */
  | { status: 'failed'; error: SerializedError; line?: number; finishedAt: Timestamp }
  | { status: 'cancelled'; finishedAt: Timestamp }

/** A build as a list shows it; kept by the app when it is over. */
export interface BuildSummary {
  id: BuildId
  /** The first tag, or the name of the folder. */
  name: string
  request: BuildRequest
  startedAt: Timestamp
  state: BuildState
  /** The step that is under way or was last, from 1; 0 before the first. */
  step: number
  steps: number
  cached: number
}

export interface BuildStep {
  /** From 1. */
  number: number
  /** The instruction as the engine tells it. */
  text: string
  state: 'running' | 'done' | 'failed' | 'stopped'
  cached: boolean
  startedAt: Timestamp
  finishedAt?: Timestamp
}

/** What differs from the build of the same folder and Dockerfile before. Undefined where nothing does. */
export interface BuildChanges {
  since: BuildId
  at: Timestamp
  dockerfile?: { before: string; after: string }
  args?: { name: string; before?: string; after?: string }[]
  /** A base image that is another one now: what FROM names, and which image that was. */
  bases?: { name: string; before?: string; after?: string }[]
  target?: { before?: string; after?: string }
}

export interface BuildDetail extends BuildSummary {
  /** As it was read for this build. */
  dockerfileText: string
  contextFiles: number
  contextBytes: number
  changes?: BuildChanges
}

/** A folder as something to build. */
export interface BuildFolder {
  folder: string
  /** Relative; every file that is named like a Dockerfile, the usual one first. */
  dockerfiles: string[]
  /** The one that was read. */
  dockerfile: string
  /** Undefined: there is none yet. */
  text?: string
  ignoreFile: boolean
}

export interface BuildsContract {
  list(): Promise<BuildSummary[]>
  /** Begins, and returns at once. @throws not-found when there is no such Dockerfile */
  start(request: BuildRequest): Promise<BuildSummary>
  /** Progress; resolves when the image is there, rejects as the build failed. Cancelling this call stops the build. */
  follow(request: { id: BuildId }): Promise<BuildSummary>
  cancel(request: { id: BuildId }): Promise<void>
  inspect(request: { id: BuildId }): Promise<BuildDetail>
  /** Takes builds out of the history; their images stay. */
  forget(request: { ids: BuildId[] }): Promise<void>
  openFolder(request: { folder: string; dockerfile?: string }): Promise<BuildFolder>
  /** Only a file that is named like a Dockerfile. */
  saveDockerfile(request: { folder: string; dockerfile: string; text: string }): Promise<void>
}

/** `builds.output`: first what was said so far, then what is said, until the build is over. */
export type BuildMessage =
  | { kind: 'step'; step: BuildStep }
  | { kind: 'output'; step: number; text: string }
  | { kind: 'end' }

/** Relative, inside its folder, and named like a Dockerfile: nothing else is ever written. */
const dockerfile: Shape<string> = (value, field) => {
  const path = text(1024)(value, field)
  const parts = path.split('/')
  if (!path.startsWith('/') && !parts.includes('..') && isDockerfile(parts.at(-1) ?? '')) return path
  throw new EngineError('invalid-argument', `${JSON.stringify(path.slice(0, 100))} is not the name of a Dockerfile in the folder.`, { reason: 'bad-dockerfile-name', hint: 'Call it Dockerfile, Dockerfile.something or something.Dockerfile.', field })
}
export const isDockerfile = (name: string): boolean => /^(?:(?:docker|container)file(?:\..+)?|.+\.(?:docker|container)file)$/i.test(name)

const id = identifier<BuildId>()
const folder = text(4096)
export const buildRequest: Shape<BuildRequest> = record<BuildRequest>({
  folder,
  dockerfile: optional(dockerfile),
  tags: list(identifier<string>(), 50),
  args: optional(dictionary(text(65_536))),
  target: optional(text(255)),
  platform: optional(text(64)),
  noCache: optional(truth),
  pull: optional(truth),
})

export const buildsShapes: Shapes<BuildsContract> = {
  list: nothing,
  start: buildRequest,
  follow: record<{ id: BuildId }>({ id }),
  cancel: record<{ id: BuildId }>({ id }),
  inspect: record<{ id: BuildId }>({ id }),
  forget: record<{ ids: BuildId[] }>({ ids: list(id) }),
  openFolder: record<{ folder: string; dockerfile?: string }>({ folder, dockerfile: optional(dockerfile) }),
  saveDockerfile: record<{ folder: string; dockerfile: string; text: string }>({ folder, dockerfile, text: text(1_000_000) }),
}
