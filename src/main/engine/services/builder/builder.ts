import type { Readable } from 'node:stream'
import type { ImageId } from '#shared/oci/digest.ts'
import type { ResourceLimits } from '../../core/runtime/spec/resource-limits.ts'
import { build } from './build.ts'
import { createBuildCache } from './build-cache.ts'
import { listCacheEntries, type CacheEntry } from './cache-entries.ts'
import type { BuildClient } from './build-client.ts'
import type { BuildObserver } from './build-observer.ts'
import type { ClientFolder } from './kept-contexts.ts'
import type { FolderCounts, MachineFolder } from './machine-folder.ts'
import type { BuilderContext, RegistryAuth } from './needs.ts'
import { contextPaths, type ContextPathsRequest } from './description/context-paths.ts'
import { describeFile, type DescribeRequest, type FileDescription } from './description/describe-file.ts'
import { pruneCache, type Pruned, type PruneRequest } from './prune-cache.ts'
import { withResult, type ResultFiles } from './result-files.ts'
import { sweepBuilds } from './sweep.ts'

/**
 * The builder: Dockerfile and context in, image out.
 *
 * `build.ts` is the table of contents. A build goes through four things, each with a file of its own:
 * - the **context** (context.ts): an input tree on disk, from a tar stream, a URL, a git repository, or a folder, of the client or of this machine (machine-folder.ts), that is kept
 *   from build to build (kept-contexts.ts), minus what .dockerignore says;
 * - the **plan** (plan.ts): which stages the target needs, with their bases known; a stage nobody needs is not built;
 * - the **stages** (stage.ts): each walks its instructions, one **step** at a time (steps/); independent stages run side by side;
 * - the **cache** (build-cache.ts): a step's result is found again by its parent image, its text and the digest of what it reads (contents,
 *   modes and owners, never times).
 *
 * Every step leaves an image, whose parent is the step before, so a failed build leaves its cache and nothing else.
 */
export interface Builder {
  /** @throws DockerfileError, or EngineError with what the failing step said. */
  build(request: BuildRequest): Promise<ImageId>
  /** Once, before the first build: removes what builds of an engine that was killed left. */
  restore(log: (line: string) => void): Promise<void>
  cacheEntries(): Promise<CacheEntry[]>
  prune(request: PruneRequest): Promise<Pruned>
  /** The files of an image that was built, for the time of `work`. */
  withResult<Result>(image: ImageId, work: (files: ResultFiles) => Promise<Result>): Promise<Result>
  /** What a Dockerfile says of itself, without building it. @throws DockerfileError */
  describe(request: DescribeRequest): FileDescription
  /** What a build will read of its context; undefined where everything has to be there. */
  contextPaths(request: ContextPathsRequest): Promise<string[] | undefined>
}

export interface BuildRequest {
  context: ContextSource
  /** Relative to the context. */
  dockerfile: string
  /** Its text, when it comes apart from the context; what the context leaves out is then left out already. */
  dockerfileText?: string
  /** References to give the result. */
  tags: readonly string[]
  target?: string
  /** A null value passes the engine's own environment through for the predefined proxy arguments only. */
  buildArgs: Readonly<Record<string, string | null>>
  labels: Readonly<Record<string, string>>
  noCache: boolean
  /** Names of stages that take nothing from the cache. */
  noCacheStages?: readonly string[]
  pull: boolean
  squash: boolean
  quiet: boolean
  /** default, none, host, or a network's name or id. */
  network: string
  /** What steps may ask for beyond what a container has, as BuildKit names it: `network.host`, `security.insecure`. */
  entitlements: readonly string[]
  extraHosts: readonly string[]
  limits: ResourceLimits
  ulimits: readonly { name: string; soft: number; hard: number }[]
  shmSize?: number
  cgroupParent?: string
  cacheFrom: readonly string[]
  /** `linux/arm64`. */
  platform?: string
  /** By registry host. */
  auths: Readonly<Record<string, RegistryAuth>>
  /** What `FROM name` and `--from=name` mean instead of a stage or an image; a name may end with `::linux/arm64` for one platform. */
  contexts?: Readonly<Record<string, NamedContext>>
  signal: AbortSignal
  onMessage: (message: BuildMessage) => void
  observer?: BuildObserver
  client?: BuildClient
}

export type NamedContext = { kind: 'image'; name: string } | { kind: 'folder'; source: () => ContextSource }

/** A folder is only what the client sends of it: what .dockerignore says is left out already. One of this machine the engine reads itself. */
export type ContextSource =
  | { kind: 'tar'; stream: Readable }
  | { kind: 'remote'; url: string }
  | ({ kind: 'folder' } & ClientFolder)
  | { kind: 'machine'; place: MachineFolder; counted: (counts: FolderCounts) => void }

/** What the client shows, in order. */
export type BuildMessage = { stream: string } | { aux: { ID: ImageId } } | { progress: { id?: string; status: string; current?: number; total?: number } }

export function createBuilder(context: Omit<BuilderContext, 'cache'>): Builder {
  const full: BuilderContext = { ...context, cache: createBuildCache(context.metadata) }
  return {
    async restore(log) {
      await sweepBuilds(context, log)
      await context.keptContexts.restore()
    },
    build: (request) => build(full, request),
    cacheEntries: () => listCacheEntries(full),
    async prune(request) {
      const pruned = await pruneCache(full, request)
      context.events.publish({ type: 'builder', action: 'prune', id: '', attributes: { reclaimed: String(pruned.bytes) } })
      return pruned
    },
    withResult: (image, work) => withResult(full, image, work),
    describe: describeFile,
    contextPaths: (request) => contextPaths(full, request),
  }
}
