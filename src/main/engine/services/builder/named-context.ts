import { familiarName, findReference } from '#shared/oci/reference.ts'
import { formatPlatform, type Platform } from '#shared/oci/platform.ts'
import type { BuildRun, ContextState, Step } from './build-run.ts'
import type { BuildRequest } from './builder.ts'
import { openSource } from './context.ts'
import { copyStepOf } from './copy-step.ts'
import { planCopy } from './copy/copy-plan.ts'
import { openTree } from './copy/rooted-tree.ts'
import { digestEntries, whatIs, type KnownDigests } from './copy/copied-entries.ts'
import type { BuilderContext } from './needs.ts'
import { fetchImage } from './stage-image.ts'
import { baseState, scratchState, type StageState } from './stage-state.ts'

/** The context that a name of a FROM or --from means, by its name among those of the request. */
export type ContextNames = (name: string) => string | undefined

/** `alpine` and `docker.io/library/alpine:latest` are one name; that for the platform of the build wins. */
export function contextNames(contexts: NonNullable<BuildRequest['contexts']>, platform: Platform): ContextNames {
  const known = new Map(Object.keys(contexts).map((name) => {
    const [plain = '', only] = name.split('::')
    return [only === undefined ? shortName(plain) : `${shortName(plain)}::${only}`, name]
  }))
  return (name) => known.get(`${shortName(name)}::${formatPlatform(platform)}`) ?? known.get(shortName(name))
}

function shortName(name: string): string {
  const reference = findReference(name.toLowerCase())
  return (reference ? familiarName(reference) : name.toLowerCase()).replace(/:latest$/, '')
}

/** The context as a stage that is finished: an image is taken as it is, files become a layer on nothing. Once for a build, whoever asks first. */
export function contextState(step: Step, name: string): Promise<StageState> {
  const { contexts } = step.run
  const known = contexts.get(name)
  if (known) return known
  const made = openNamed(step, name)
  contexts.set(name, made)
  return made
}

async function openNamed(step: Step, name: string): Promise<ContextState> {
  const { run } = step
  const context = run.request.contexts![name]!
  if (context.kind === 'image') return baseState(await fetchImage(run, context.name, step.stage.platform, step.emit))
  await using opened = await openSource(run.context, context.source(), run.signal)
  return await layerOf(step, opened)
}

/** What files of a named context became is nobody's image, unless a stage was built on it. */
export async function forgetContexts({ cache, images }: BuilderContext, contexts: BuildRun['contexts']): Promise<void> {
  for (const [name, made] of contexts) {
    const state = await made.catch(() => undefined)
    if (!state?.image || !state.layered) continue
    const key = cache.keyOf(state.image)
    const gone = await images.remove(state.image, { prune: false }).then(() => true, () => false)
    if (gone && key !== undefined) cache.forget(key)
    contexts.delete(name)
  }
}

/** As `COPY . /` on scratch would: found again by what is in it. */
async function layerOf(step: Step, { folder, digests }: { folder: string; digests: KnownDigests | undefined }): Promise<ContextState> {
  using tree = openTree(folder, step.run.context.host.syscalls)
  const source = { ...tree.locate('')!, name: '', parentsPath: '' }
  const entries = await planCopy({ sources: [source], destination: '/', target: undefined, parents: false, ignored: () => false, excluded: undefined })
  const attributes = { owner: { uid: 0, gid: 0 }, mode: undefined }
  const quiet: Step = { ...step, observer: undefined, say: () => {}, state: scratchState(step.run.platform) }
  const state = await copyStepOf(quiet, { verb: 'COPY ', destination: '/', read: { digest: await digestEntries(step.run.context.layers, entries, attributes, { signal: step.run.signal, digests }), what: whatIs(entries) }, plan: async () => ({ entries, attributes }) })
  return { ...state, layered: true }
}
