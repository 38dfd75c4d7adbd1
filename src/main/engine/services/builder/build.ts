import { EngineError, isEngineError } from '#shared/errors.ts'
import { shortId, type ImageId } from '#shared/oci/digest.ts'
import { architectureOf, parsePlatform, type Platform } from '#shared/oci/platform.ts'
import { parseReference } from '#shared/oci/reference.ts'
import { parseDockerfile } from '../../core/dockerfile/dockerfile.ts'
import type { Lease } from '../../core/leases/leases.ts'
import type { BuildRequest } from './builder.ts'
import { observedSteps } from './build-observer.ts'
import type { BuildRun } from './build-run.ts'
import { openContext, type OpenedContext } from './context.ts'
import { contextNames, forgetContexts } from './named-context.ts'
import { planBuild } from './plan.ts'
import { platformArguments } from './stage-image.ts'
import { runStage, tellStep } from './stage.ts'
import type { StageState } from './stage-state.ts'
import { createStepOutput, holdMessages } from './step-output.ts'
import { PROXY_ARGUMENTS } from './steps/arguments.ts'
import { squash } from './squash.ts'
import type { BuilderContext } from './needs.ts'

/** From request to image: context, plan, stages, squash, names. */
export async function build(context: BuilderContext, request: BuildRequest): Promise<ImageId> {
  const output = request.quiet ? holdMessages(request.onMessage) : { emit: request.onMessage, release: () => {} }
  for (const tag of request.tags) parseReference(tag)
  try {
    return await buildImage(context, { ...request, onMessage: output.emit }, request.onMessage)
  } catch (error) {
    output.release()
    throw error
  }
}

async function buildImage(context: BuilderContext, request: BuildRequest, answer: BuildRequest['onMessage']): Promise<ImageId> {
  await using after = new AsyncDisposableStack()
  using lease = context.leases.open('build')
  await using undo = new AsyncDisposableStack()
  const opened = undo.use(await openContext(context, request))
  const run = prepare(context, request, opened, lease)
  undo.defer(() => context.cache.used(run.usedSteps))
  after.defer(() => forgetContexts(context, run.contexts))
  const state = await runStages(run)
  if (!state.image) throw new EngineError('invalid-argument', 'No image was generated. Is your Dockerfile empty?', { hint: 'A FROM scratch needs at least one instruction after it.' })
  const id = request.squash ? await squash(run, state) : state.image
  context.cache.markResult(id)
  if (request.squash && !request.quiet) answer({ aux: { ID: id } })
  warnUnconsumed(run)
  if (request.quiet) answer({ stream: `${id}\n` })
  else answer({ stream: `Successfully built ${shortId(id)}\n` })
  for (const tag of request.tags) {
    await context.images.tag(id, tag)
    request.onMessage({ stream: `Successfully tagged ${familiar(tag)}\n` })
  }
  return id
}

function prepare(context: BuilderContext, request: BuildRequest, opened: OpenedContext, lease: Lease): Omit<BuildRun, 'finished'> {
  const file = parseDockerfile(opened.dockerfile)
  const own: Platform = { os: 'linux', architecture: architectureOf(process.arch) }
  const platform = request.platform ? parsePlatform(request.platform, own.architecture) : own
  const platformArgs = platformArguments(own, platform)
  const plan = planBuild(file, { ...(request.target ? { target: request.target } : {}), buildArgs: request.buildArgs, labels: request.labels, platformArgs, contexts: contextNames(request.contexts ?? {}, platform), ...(request.platform ? { platform: request.platform } : {}) })
  const consumed = new Set(file.globalArgs.flatMap(({ args }) => args.map(({ name }) => name)))
  return { context, request, file, source: opened.dockerfile, plan, contextFolder: opened.folder, digests: opened.digests, ignored: opened.ignored, platform, platformArgs, lease, signal: request.signal, contexts: new Map(), usedSteps: new Set(), consumed }
}

/** Starts every needed stage at once; each waits for those it builds on. The first failure stops the others. */
async function runStages(shared: Omit<BuildRun, 'finished'>): Promise<StageState> {
  const { plan, request, file } = shared
  const failure = new AbortController()
  const signal = AbortSignal.any([request.signal, failure.signal])
  const emit = request.onMessage
  for (const warning of file.warnings) emit({ stream: `\u001b[91m${warning}\n\u001b[0m` })
  file.globalArgs.forEach((instruction, index) => tellStep(emit, index + 1, plan.steps, instruction.text))
  request.observer?.planned(observedSteps(plan))
  const output = createStepOutput(plan.stages.length, emit)
  const results = new Map<number, Promise<StageState>>()
  const run: BuildRun = { ...shared, signal, finished: (stage) => results.get(stage)! }
  for (const [channel, stage] of plan.stages.entries()) {
    const result = runStage(run, stage, output.channel(channel))
    results.set(stage.stage.index, result)
    // What a stage that failed has said is told like that of any other: its last lines say at which step.
    const ended = () => output.finish(channel)
    result.then(ended, (error: unknown) => {
      failure.abort(error)
      ended()
    })
  }
  const ended = await Promise.allSettled(results.values())
  const failed = ended.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (request.signal.aborted) throw new EngineError('cancelled', 'the build was cancelled')
  // Those that were only told to stop carry the first one's error as their own.
  if (failed.length > 0) throw failed.find((error) => isEngineError(error)) ?? failed[0]
  return results.get(plan.target)!
}

function warnUnconsumed({ request, consumed }: Pick<BuildRun, 'request' | 'consumed'>): void {
  const left = Object.keys(request.buildArgs).filter((name) => !consumed.has(name) && !PROXY_ARGUMENTS.has(name))
  if (left.length > 0) request.onMessage({ stream: `[Warning] One or more build-args [${left.join(' ')}] were not consumed\n` })
}

const familiar = (tag: string): string => (/:[^/]+$/.test(tag) ? tag : `${tag}:latest`)
