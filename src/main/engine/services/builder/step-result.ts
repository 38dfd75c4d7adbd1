import { shortId, type ImageId } from '#shared/oci/digest.ts'
import { formatPlatform } from '#shared/oci/platform.ts'
import { EMPTY_LAYER } from '../../core/layers/layers.ts'
import { cacheKey } from './build-cache.ts'
import type { Step } from './build-run.ts'
import type { BaseImage, CommittedLayer } from './needs.ts'
import { openTree, type RootedTree } from './copy/rooted-tree.ts'
import type { StageState } from './stage-state.ts'
import { viewChain, withFolder } from './view-chain.ts'

/** What a step asks for: found in the cache, or made by `make`. */
export interface StepResult {
  /** For history: `/bin/sh -c #(nop) COPY …`, or the command of a RUN. */
  createdBy: string
  /** The state the step leads to, before its image is known. */
  next: StageState
  /** Digest of what it reads, for the cache. */
  inputs?: string
  /** Makes the layer; undefined result: the step changes no file. */
  make: () => Promise<CommittedLayer | undefined>
}

/** The narrator of every step: cache, or make, then an image of its own. */
export async function finishStep(step: Step, result: StepResult): Promise<StageState> {
  const { request, platform } = step.run
  const key = cacheKey({ parent: step.state.image ?? 'scratch', platform: formatPlatform(platform), step: result.createdBy, ...(result.inputs ? { inputs: result.inputs } : {}) })
  const fresh = request.noCache || (request.noCacheStages ?? []).some((name) => name.toLowerCase() === step.stage.stage.name)
  const known = fresh ? undefined : await findCached(step, key)
  const borrowed = known || fresh ? undefined : await findInCacheFrom(step, result)
  const { image, size } = (known ?? borrowed) ? { image: (known ?? borrowed)!, size: 0 } : await makeImage(step, result)
  if (known) step.run.usedSteps.add(key)
  else recordStep(step, key, result, image, size)
  if (known ?? borrowed) {
    step.observer?.cached(step.id)
    step.say(' ---> Using cache\n')
  }
  step.say(` ---> ${shortId(image.id)}\n`)
  step.run.lease.hold(image.id)
  return { ...result.next, image: image.id, chain: image.chain, config: image.config }
}

function recordStep({ state, run: { context } }: Step, key: string, { createdBy }: StepResult, image: BaseImage, size: number): void {
  const parent = state.image && context.cache.keyOf(state.image)
  context.cache.record({ key, image: image.id, ...(parent !== undefined && { parent }), description: createdBy, size })
}

async function findCached(step: Step, key: string): Promise<BaseImage | undefined> {
  const id = step.run.context.cache.find(key)
  if (id === undefined) return undefined
  // Before anybody else has a turn: a prune may be going on.
  step.run.lease.hold(id)
  const image = await step.run.context.images.find(id)
  return image?.chain && step.run.context.snapshots.isUncertain(image.chain) ? undefined : image
}

/** An image named by --cache-from has the step when its history and layers up to here are the same; only the user names such images. */
async function findInCacheFrom(step: Step, result: StepResult): Promise<BaseImage | undefined> {
  const { context, request } = step.run
  const before = step.state.config
  for (const name of request.cacheFrom) {
    const candidate = await context.images.find(name)
    const history = candidate?.config.history ?? []
    const length = before.history?.length ?? 0
    const layers = before.rootfs.diff_ids
    const same = history[length]?.created_by === result.createdBy && before.history?.every((entry, index) => entry.created_by === history[index]?.created_by) && layers.every((layer, index) => layer === candidate?.config.rootfs.diff_ids[index])
    if (!candidate || !same) continue
    const added = history[length]!.empty_layer ? [] : candidate.config.rootfs.diff_ids.slice(layers.length, layers.length + 1)
    const config = { ...result.next.config, created: history[length]!.created, rootfs: { type: 'layers' as const, diff_ids: [...layers, ...added] }, history: [...(before.history ?? []), history[length]!] }
    return createImage(step, config)
  }
  return undefined
}

async function makeImage(step: Step, result: StepResult): Promise<{ image: BaseImage; size: number }> {
  const made = await result.make()
  const layer = made?.diffId === EMPTY_LAYER ? undefined : made
  const { config } = result.next
  const created = new Date().toISOString()
  const history = [...(config.history ?? []), { created, created_by: result.createdBy, ...(config.author ? { author: config.author } : {}), ...(layer ? {} : { empty_layer: true }) }]
  const diffIds = layer ? [...config.rootfs.diff_ids, layer.diffId] : config.rootfs.diff_ids
  return { image: await createImage(step, { ...config, created, rootfs: { type: 'layers', diff_ids: diffIds }, history }), size: layer?.size ?? 0 }
}

async function createImage(step: Step, config: BaseImage['config']): Promise<BaseImage> {
  const { images } = step.run.context
  const id: ImageId = await images.create({ config, ...(step.state.image ? { parent: step.state.image } : {}), lease: step.run.lease })
  return images.resolve(id)
}

/** A folder of this step's own, gone after it. */
export const withWorkFolder = <Result>(step: Step, work: (folder: string) => Promise<Result>): Promise<Result> => withFolder(step.run.context, work)

/** The files of a chain, read-only, for the time of `work`; undefined for an empty one. */
export async function withView<Result>(step: Step, chain: BaseImage['chain'], work: (tree: RootedTree | undefined, folder: string | undefined) => Promise<Result>): Promise<Result> {
  return viewChain(step.run.context, chain, async (folder) => {
    if (folder === undefined) return work(undefined, undefined)
    using tree = openTree(folder, step.run.context.host.syscalls)
    return await work(tree, folder)
  })
}
