import type { Dockerfile, IgnoreMatcher, Position } from '../../core/dockerfile/dockerfile.ts'
import type { Lease } from '../../core/leases/leases.ts'
import type { Platform } from '#shared/oci/platform.ts'
import type { BuildObserver } from './build-observer.ts'
import type { BuildMessage, BuildRequest } from './builder.ts'
import type { KnownDigests } from './copy/copied-entries.ts'
import type { BuilderContext } from './needs.ts'
import type { Plan, PlannedStage } from './plan.ts'
import type { StageState } from './stage-state.ts'

/** Everything one build shares between its stages. */
export interface BuildRun {
  context: BuilderContext
  request: BuildRequest
  file: Dockerfile
  /** The Dockerfile as written, for messages that show a line. */
  source: string
  plan: Plan
  /** The context's files on disk. */
  contextFolder: string
  /** Of contents that an earlier build has read. */
  digests: KnownDigests | undefined
  ignored: IgnoreMatcher
  platform: Platform
  platformArgs: Record<string, string>
  lease: Lease
  /** Aborted by the client, and when a sibling stage fails. */
  signal: AbortSignal
  /** Finished stages by their index in the file. */
  finished: (stage: number) => Promise<StageState>
  /** Images that stand for named contexts, by name. */
  contexts: Map<string, Promise<ContextState>>
  /** Keys of steps found in the cache. */
  usedSteps: Set<string>
  /** Build arguments that some ARG took. */
  consumed: Set<string>
}

/** `layered`: made of files for this build, and not an image that was there. */
export type ContextState = StageState & { layered?: true }

/** One instruction being carried out. */
export interface Step {
  /** Among all steps of the build, for the observer. */
  id: string
  run: BuildRun
  stage: PlannedStage
  state: StageState
  position: Position
  observer: BuildObserver | undefined
  say: (text: string) => void
  emit: (message: BuildMessage) => void
}
