import { EngineError, isEngineError } from '#shared/errors.ts'
import { shortId, type ImageId } from '#shared/oci/digest.ts'
import { architectureOf, parsePlatform, type Platform } from '#shared/oci/platform.ts'
import { parseDockerfile } from '../../core/dockerfile/dockerfile.ts'
import type { Lease } from '../../core/leases/leases.ts'
import type { BuildRequest } from './builder.ts'
import type { BuildRun } from './build-run.ts'
import { openContext, type OpenedContext } from './context.ts'
import { planBuild } from './plan.ts'
import { platformArguments } from './stage-image.ts'
import { runStage } from './stage.ts'
import type { StageState } from './stage-state.ts'
import { createStepOutput } from './step-output.ts'
import { PROXY_ARGUMENTS } from './steps/arguments.ts'
import { squash } from './squash.ts'
import type { BuilderContext } from './needs.ts'

/** From request to image: context, plan, stages, labels, squash, names. */
export async function build(context: BuilderContext, request: BuildRequest): Promise<ImageId> {
  using lease = context.leases.open('build')
  await using undo = new AsyncDisposableStack()
  const opened = undo.use(await openContext(context, request))
  const run = prepare(context, request, opened, lease)
  const state = await runStages(run)
  const labelled = await applyLabels(run, state)
  const id = request.squash ? await squash(run, labelled) : labelled
  request.onMessage({ aux: { ID: id } })
  warnUnconsumed(run)
  if (request.quiet) request.onMessage({ stream: `${id}\n` })
  else request.onMessage({ stream: `Successfully built ${shortId(id)}\n` })
  for (const tag of request.tags) {
    await context.images.tag(id, tag)
    if (!request.quiet) request.onMessage({ stream: `Successfully tagged ${familiar(tag)}\n` })
  }
  return id
}

function prepare(context: BuilderContext, request: BuildRequest, opened: OpenedContext, lease: Lease): Omit<BuildRun, 'finished'> {
  const file = parseDockerfile(opened.dockerfile)
  const own: Platform = { os: 'linux', architecture: architectureOf(process.arch) }
  const platform = request.platform ? parsePlatform(request.platform, own.architecture) : own
  const platformArgs = platformArguments(own, platform)
  const plan = planBuild(file, { ...(request.target ? { target: request.target } : {}), buildArgs: request.buildArgs, platformArgs, ...(request.platform ? { platform: request.platform } : {}) })
  const consumed = new Set(file.globalArgs.flatMap(({ args }) => args.map(({ name }) => name)))
  return { context, request, file, source: opened.dockerfile, plan, contextFolder: opened.folder, ignored: opened.ignored, platform, platformArgs, lease, signal: request.signal, consumed }
}

/** Starts every needed stage at once; each waits for those it builds on. The first failure stops the others. */
async function runStages(shared: Omit<BuildRun, 'finished'>): Promise<StageState> {
  const { plan, request, file } = shared
  const failure = new AbortController()
  const signal = AbortSignal.any([request.signal, failure.signal])
  const emit: BuildRun['request']['onMessage'] = request.quiet ? () => {} : request.onMessage
  file.globalArgs.forEach((instruction, index) => emit({ stream: `Step ${index + 1}/${plan.steps} : ${instruction.text}\n` }))
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

async function applyLabels(run: Omit<BuildRun, 'finished'>, state: StageState): Promise<ImageId> {
  const { context, request, lease } = run
  const labels = Object.entries(request.labels)
  if (state.image && labels.length === 0) return state.image
  const created = new Date().toISOString()
  const text = labels.map(([name, value]) => `${name}=${value}`).join(' ')
  const config = {
    ...state.config,
    created,
    config: { ...state.config.config, Labels: { ...state.config.config?.Labels, ...request.labels } },
    ...(labels.length > 0 ? { history: [...(state.config.history ?? []), { created, created_by: `/bin/sh -c #(nop)  LABEL ${text}`, empty_layer: true }] } : {}),
  }
  return context.images.create({ config, ...(state.image ? { parent: state.image } : {}), lease })
}

function warnUnconsumed({ request, consumed }: Pick<BuildRun, 'request' | 'consumed'>): void {
  const left = Object.keys(request.buildArgs).filter((name) => !consumed.has(name) && !PROXY_ARGUMENTS.has(name))
  if (left.length > 0) request.onMessage({ stream: `[Warning] One or more build-args [${left.join(' ')}] were not consumed\n` })
}

const familiar = (tag: string): string => (/:[^/]+$/.test(tag) ? tag : `${tag}:latest`)
