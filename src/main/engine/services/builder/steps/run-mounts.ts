import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { removeDeep } from '#base/remove-tree.ts'
import { expandWord, type RunMount } from '../../../core/dockerfile/dockerfile.ts'
import { fromText, toText } from '../../../core/layers/byte-path.ts'
import type { MountInput } from '../../../core/runtime/spec/container-spec.ts'
import type { Step } from '../build-run.ts'
import { openTree } from '../copy/rooted-tree.ts'
import { planCopy } from '../copy/copy-plan.ts'
import { digestEntries } from '../copy/copied-entries.ts'
import type { BaseImage } from '../needs.ts'
import { sourceImage } from '../source-image.ts'
import { clientEnvironment, withAgent, withSecret } from './client-mounts.ts'
import { variablesOf, workingDirectory } from '../stage-state.ts'

/** What the mounts add to the cache key: what they are, and the content that a bind shows. What caches and secrets hold adds nothing. */
export async function describeMounts(step: Step, mounts: readonly RunMount[]): Promise<string | undefined> {
  if (mounts.length === 0) return undefined
  const described = await Promise.all(
    mounts.map(async (mount) => {
      const options = expandOptions(step, mount)
      if (mount.type !== 'bind') return [mount.type, options]
      const content = options.from === undefined ? await contextDigest(step, options.source) : (await sourceImage(step, options.from)).key
      return [mount.type, options, content]
    }),
  )
  return JSON.stringify(described)
}

async function contextDigest(step: Step, source = ''): Promise<string> {
  using tree = openTree(step.run.contextFolder, step.run.context.host.syscalls)
  const found = tree.locate(fromText(source))
  if (!found) throw new EngineError('not-found', `failed to compute cache key: "/${source}": not found`, { hint: 'The source of a bind mount is a path in the build context.' })
  const entries = await planCopy({ sources: [{ ...found, name: found.path, parentsPath: found.path }], destination: '/x', target: undefined, parents: false, ignored: (path) => step.run.ignored.ignores(path), excluded: undefined })
  return digestEntries(step.run.context.layers, entries, { owner: undefined, mode: undefined }, step.run)
}

/** Makes what the mounts need, runs `work` with them, and undoes it. */
export async function withRunMounts<Result>(step: Step, mounts: readonly RunMount[], work: (mounts: MountInput[]) => Promise<Result>): Promise<Result> {
  const [first, ...rest] = mounts
  if (!first) return work([])
  return withMount(step, first, (input) => withRunMounts(step, rest, (others) => work(input ? [input, ...others] : others)))
}

type Options = Record<string, string>

/** Variables that are there for the step and nowhere else. */
export const mountEnvironment = (step: Step, mounts: readonly RunMount[]): Promise<string[]> => clientEnvironment(step, mounts.map((mount) => ({ type: mount.type, options: expandOptions(step, mount) })))

function expandOptions(step: Step, mount: RunMount): Options {
  const variables = variablesOf(step.state)
  return Object.fromEntries(Object.entries(mount.options).map(([name, value]) => [name, expandWord(value, variables, step.run.file.escape)]))
}

async function withMount<Result>(step: Step, mount: RunMount, work: (input: MountInput | undefined) => Promise<Result>): Promise<Result> {
  const options = expandOptions(step, mount)
  const target = posix.resolve(workingDirectory(step.state), options.target ?? '/')
  switch (mount.type) {
    case 'tmpfs':
      return work({ kind: 'tmpfs', target, options: options.size ? [`size=${options.size}`] : [] })
    case 'cache':
      return withCache(step, options, target, work)
    case 'bind':
      return withBind(step, options, (source) => work({ kind: 'bind', source, target, readonly: options.readonly !== 'false' }))
    case 'secret':
      return withSecret(step, options, work)
    case 'ssh':
      return withAgent(step, options, work)
  }
}

const octal = (text: string | undefined) => (text === undefined ? undefined : Number.parseInt(text, 8))
const decimal = (text: string | undefined) => (text === undefined ? undefined : Number.parseInt(text, 10))

function withCache<Result>(step: Step, options: Options, target: string, work: (input: MountInput) => Promise<Result>): Promise<Result> {
  const request = { id: options.id ?? target, sharing: options.sharing ?? 'shared', mode: octal(options.mode), uid: decimal(options.uid), gid: decimal(options.gid) }
  return step.run.context.cacheMounts.use(request, (source) => work({ kind: 'bind', source, target, readonly: options.readonly === 'true' }))
}

/** Writes to a bind are dropped, so a writable one is a copy or a snapshot of its own. */
async function withBind<Result>(step: Step, options: Options, work: (source: string) => Promise<Result>): Promise<Result> {
  await using undo = new AsyncDisposableStack()
  const writable = options.readonly === 'false'
  const root = options.from === undefined ? await contextRoot(step, writable, undo) : await imageRoot(step, (await sourceImage(step, options.from)).chain, writable, undo)
  using tree = openTree(root, step.run.context.host.syscalls)
  const found = tree.locate(fromText(options.source ?? ''))
  if (!found) throw new EngineError('not-found', `bind mount source /${options.source ?? ''} does not exist`)
  return await work(toText(found.hostPath))
}

async function ownFolder(step: Step, undo: AsyncDisposableStack): Promise<string> {
  const folder = join(step.run.context.layout.temporary, `mount-${randomUUID()}`)
  await mkdir(folder, { recursive: true })
  undo.defer(() => removeDeep(folder))
  return folder
}

async function contextRoot(step: Step, writable: boolean, undo: AsyncDisposableStack): Promise<string> {
  if (!writable) return step.run.contextFolder
  const folder = await ownFolder(step, undo)
  const { layers } = step.run.context
  await layers.unpack(layers.pack(step.run.contextFolder, { signal: step.run.signal }), folder, { signal: step.run.signal })
  return folder
}

async function imageRoot(step: Step, chain: BaseImage['chain'], writable: boolean, undo: AsyncDisposableStack): Promise<string> {
  const { snapshots } = step.run.context
  const folder = await ownFolder(step, undo)
  if (!chain) return folder
  if (writable) {
    const key = `mount-${randomUUID()}`
    await snapshots.prepare(key, chain)
    undo.defer(() => snapshots.remove(key))
    await snapshots.mount(key, folder, { volatile: true })
  } else {
    await snapshots.mountView(chain, folder)
  }
  undo.defer(() => snapshots.unmount(folder))
  return folder
}
