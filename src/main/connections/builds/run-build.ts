import type { BuildNews, WireBuildLine } from './step-reader.ts'
import type { BuildRequest, BuildState } from '#shared/contract/builds.ts'
import type { ImageId } from '#shared/contract/images.ts'
import { serializeError } from '#shared/contract/errors.ts'
import { EngineError, isEngineError, messageOf, type EngineErrorDetail } from '#shared/errors.ts'
import { isRefusal, registryBlamed, signInNeeded } from '../registries/sign-in-needed.ts'
import { jsonLines } from '../wire/json-lines.ts'
import { beginBuild, type BuildingEngine, type ContextCounts } from './begin-build.ts'
import { createStepReader, type StepReader } from './step-reader.ts'

export interface BuildRun {
  state: Exclude<BuildState, { status: 'running' }>
  steps: StepReader
  context: ContextCounts
}

/** Brings the folder to the engine, follows the steps to their end. Never rejects: what went wrong is the state. */
export async function runBuild(engine: BuildingEngine, request: BuildRequest, signal: AbortSignal, tell: (news: BuildNews[], steps: StepReader) => void): Promise<BuildRun> {
  const steps = createStepReader()
  let context: ContextCounts = { files: 0, bytes: 0 }
  const ended = (state: BuildRun['state']): BuildRun => {
    tell(steps.end(state.status === 'cancelled' ? 'stopped' : state.status), steps)
    return { state, steps, context }
  }
  try {
    const imageId = await build(engine, request, signal, {
      tell: (line) => tell(steps.read(line), steps),
      counted: (counts) => (context = counts),
    })
    return ended({ status: 'done', imageId, finishedAt: Date.now() })
  } catch (error) {
    if (signal.aborted || isEngineError(error, 'cancelled')) return ended({ status: 'cancelled', finishedAt: Date.now() })
    const line = lineOf(error)
    return ended({ status: 'failed', error: serializeError(error), ...(line !== undefined && { line }), finishedAt: Date.now() })
  }
}

async function build(engine: BuildingEngine, request: BuildRequest, signal: AbortSignal, { tell, counted }: { tell: (line: WireBuildLine) => void; counted: (counts: ContextCounts) => void }): Promise<ImageId> {
  let imageId: ImageId | undefined
  using begun = await beginBuild(engine, request, signal)
  for await (const line of jsonLines<WireBuildLine>(begun.answer)) {
    counted(begun.counts(line))
    if (line.error !== undefined) throw stepFailure(line)
    imageId = line.aux?.ID ?? imageId
    tell(line)
  }
  if (imageId === undefined) throw new EngineError('unavailable', 'The engine ended the build without a word.', { reason: 'build-cut', hint: 'Is the engine still there? Build again: finished steps are known.' })
  return imageId
}

/** Where in the Dockerfile, as far as the error tells. */
class BuildFailure extends EngineError {
  readonly line: number | undefined
  constructor(line: number | undefined, message: string, detail: Pick<EngineErrorDetail, 'hint' | 'remedy'>) {
    super('failed-precondition', message, { reason: 'build-failed', ...detail })
    this.line = line
  }
}

function stepFailure({ error, errorDetail }: WireBuildLine): EngineError {
  const message = errorDetail?.message ?? error ?? 'The build failed.'
  const registry = isRefusal(message) ? registryBlamed(message) : undefined
  const remedy = registry === undefined ? undefined : signInNeeded(message, registry).remedy
  return new BuildFailure(errorDetail?.line, message, { hint: errorDetail?.hint?.replace(/^Dockerfile line \d+\.\s*/, '') || undefined, remedy })
}

function lineOf(error: unknown): number | undefined {
  if (error instanceof BuildFailure && error.line !== undefined) return error.line
  const told = /dockerfile parse error (?:on )?line (\d+)/i.exec(messageOf(error))?.[1]
  return told === undefined ? undefined : Number(told)
}
