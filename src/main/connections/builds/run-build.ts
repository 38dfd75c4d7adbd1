import type { BuildNews, WireBuildLine } from './step-reader.ts'
import type { BuildRequest, BuildState } from '#shared/contract/builds.ts'
import type { ImageId } from '#shared/contract/images.ts'
import { serializeError } from '#shared/contract/errors.ts'
import { EngineError, isEngineError, messageOf, type EngineErrorDetail } from '#shared/errors.ts'
import type { EngineApi } from '../engine-api.ts'
import { isRefusal, registryBlamed, signInNeeded } from '../registries/sign-in-needed.ts'
import { jsonLines } from '../wire/json-lines.ts'
import { archiveContext, type ContextArchive } from './context-archive.ts'
import { createStepReader, type StepReader } from './step-reader.ts'

export interface BuildRun {
  state: Exclude<BuildState, { status: 'running' }>
  steps: StepReader
  context: Pick<ContextArchive, 'files' | 'bytes'>
}

/** Sends the folder, follows the steps to their end. Never rejects: what went wrong is the state. */
export async function runBuild(api: EngineApi, request: BuildRequest, signal: AbortSignal, tell: (news: BuildNews[], steps: StepReader) => void): Promise<BuildRun> {
  const steps = createStepReader()
  let context: ContextArchive | undefined
  const ended = (state: BuildRun['state']): BuildRun => {
    tell(steps.end(state.status === 'cancelled' ? 'stopped' : state.status), steps)
    return { state, steps, context: { files: context?.files ?? 0, bytes: context?.bytes ?? 0 } }
  }
  try {
    context = await archiveContext(request.folder, request.dockerfile ?? 'Dockerfile', signal)
    const imageId = await build(api, request, context, signal, (line) => tell(steps.read(line), steps))
    return ended({ status: 'done', imageId, finishedAt: Date.now() })
  } catch (error) {
    if (signal.aborted || isEngineError(error, 'cancelled')) return ended({ status: 'cancelled', finishedAt: Date.now() })
    const line = lineOf(error)
    return ended({ status: 'failed', error: serializeError(error), ...(line !== undefined && { line }), finishedAt: Date.now() })
  } finally {
    context?.archive.destroy()
  }
}

async function build(api: EngineApi, request: BuildRequest, { archive }: ContextArchive, signal: AbortSignal, tell: (line: WireBuildLine) => void): Promise<ImageId> {
  let imageId: ImageId | undefined
  for await (const line of jsonLines<WireBuildLine>(await send(api, request, archive, signal))) {
    if (line.error !== undefined) throw stepFailure(line)
    imageId = line.aux?.ID ?? imageId
    tell(line)
  }
  if (imageId === undefined) throw new EngineError('unavailable', 'The engine ended the build without a word.', { reason: 'build-cut', hint: 'Is the engine still there? Build again: finished steps are known.' })
  return imageId
}

/** The reading of the folder may fail before the engine has answered: its error says more than the broken request's. */
async function send(api: EngineApi, request: BuildRequest, archive: ContextArchive['archive'], signal: AbortSignal) {
  let unreadable: unknown
  archive.once('error', (error) => (unreadable = error))
  try {
    return await api.stream('POST', '/build', { query: queryOf(request), source: archive, registry: 'every', signal })
  } catch (error) {
    throw unreadable ?? error
  }
}

/** `t` may be there several times; the transport writes each of a list. */
const queryOf = ({ dockerfile, tags, args, target, platform, noCache, pull }: BuildRequest) => ({
  version: 1,
  rm: true,
  forcerm: true,
  dockerfile: dockerfile ?? 'Dockerfile',
  t: tags,
  buildargs: JSON.stringify(args ?? {}),
  target,
  platform,
  nocache: noCache,
  pull,
})

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
