/**
 * A stack is services, networks, secrets and configs that were made together, marked as `docker stack` marks them. It is deployed whole or not at all: what
 * was made is removed again, and what was changed is put back, when a part of it is refused.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { ServiceDraft } from '#shared/contract/service-draft.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { ProjectFile } from '../compose/project-file.ts'
import type { EngineApi } from '../engine-api.ts'
import type { WireNetwork } from '../wire/network.ts'
import { draftOf } from './draft.ts'
import { createFile, type FileNoun } from './files.ts'
import { stackLabel } from './read.ts'
import { changeService, createService, putBack, removeService } from './services.ts'
import type { WireFile, WireService } from './wire.ts'

export interface StackNetwork {
  name: string
  /** Somebody else's: it must be there. */
  external: boolean
  internal?: boolean
  attachable?: boolean
  options?: Record<string, string>
}
/** Names are whole: `shop_web`. */
export interface StackDraft {
  name: string
  services: ServiceDraft[]
  networks: StackNetwork[]
  secrets: ProjectFile[]
  configs: ProjectFile[]
}
export type ServiceChange = 'new' | 'changed' | 'same' | 'left'

export interface Deploying {
  signal: AbortSignal
  /** Services of the stack that are not among the drafts go. */
  prune?: boolean
  /** In place of the user's account at an image's registry. */
  auth?: string
  /** A label more of whatever is made, by which it is known later. */
  mark?: Record<string, string>
  tell?(step: 'networks' | 'services', current: number, total: number): void
}

const servicesOf = async (api: EngineApi, stack: string, signal: AbortSignal): Promise<WireService[]> => (await api.json<WireService[] | null>('GET', '/services', { query: { filters: JSON.stringify({ label: [`${stackLabel}=${stack}`] }) }, signal })) ?? []
const networksOf = async (api: EngineApi, signal: AbortSignal): Promise<WireNetwork[]> => (await api.json<WireNetwork[]>('GET', '/networks', { signal })).filter(({ Scope, Name }) => Scope === 'swarm' || Name === 'host' || Name === 'none')

/** What a deployment would do to each service. */
export async function compareStack(api: EngineApi, stack: StackDraft, signal: AbortSignal): Promise<{ name: string; image: string; change: ServiceChange }[]> {
  const [there, networks] = await Promise.all([servicesOf(api, stack.name, signal), networksOf(api, signal)])
  const wanted = stack.services.map((draft) => {
    const before = there.find(({ Spec }) => Spec.Name === draft.name)
    return { name: draft.name, image: draft.image, change: before ? (isSame(before, draft, networks) ? ('same' as const) : ('changed' as const)) : ('new' as const) }
  })
  const left = there.filter(({ Spec }) => !stack.services.some(({ name }) => name === Spec.Name)).map(({ Spec }) => ({ name: Spec.Name, image: Spec.TaskTemplate.ContainerSpec?.Image.split('@')[0] ?? '', change: 'left' as const }))
  return [...wanted, ...left]
}

function isSame(before: WireService, draft: ServiceDraft, networks: readonly WireNetwork[]): boolean {
  const named = draftOf(before)
  const known = { ...named, networks: named.networks.map((use) => ({ ...use, network: networks.find(({ Id }) => Id === use.network)?.Name ?? use.network })) }
  return sorted(known) === sorted(draft)
}
/** The same value, whatever the order of its keys. */
const sorted = (value: unknown): string => JSON.stringify(value, (_key, each: unknown) => (typeof each === 'object' && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each))

/** Disposed of, all of it is taken back. */
export interface Deployed extends AsyncDisposable {
  /** Docker's, of what it did nevertheless. */
  warnings: string[]
}

/** All of it or nothing: what was made before a failure is taken back. */
export async function deployStack(api: EngineApi, stack: StackDraft, { signal, prune, auth, mark = {}, tell }: Deploying): Promise<Deployed> {
  await using undo = new AsyncDisposableStack()
  tell?.('networks', 0, stack.networks.length)
  const networks = await ensureNetworks(api, stack, mark, undo, signal)
  const warnings: string[] = []
  for (const noun of ['secrets', 'configs'] as const) await ensureFiles(api, noun, stack, undo, signal)
  const there = await servicesOf(api, stack.name, signal)
  for (const [index, draft] of stack.services.entries()) {
    tell?.('services', index, stack.services.length)
    const identified = { ...draft, networks: draft.networks.map((use) => ({ ...use, network: networks.get(use.network) ?? use.network })) }
    const before = there.find(({ Spec }) => Spec.Name === draft.name)
    if (before) {
      let overtaken = false
      // Whoever was quicker has changed it: that is not ours to take back.
      undo.defer(async () => void (!overtaken && (await putBack(api, before))))
      const changed = await changeService(api, before.ID, identified, signal).catch((error: unknown) => {
        overtaken = isEngineError(error) && error.reason === 'edit-stale'
        throw error
      })
      warnings.push(...changed.warnings)
    } else {
      const created = await createService(api, { ...identified, labels: { ...identified.labels, ...mark } }, signal, auth)
      const { id } = created
      warnings.push(...created.warnings)
      undo.defer(async () => void (await removeService(api, id)))
    }
  }
  // Last, and not to be taken back: what else could fail has not.
  if (prune) for (const { ID, Spec } of there) if (!stack.services.some(({ name }) => name === Spec.Name)) await removeService(api, ID, signal)
  const deployed = undo.move()
  return { warnings: [...new Set(warnings)], [Symbol.asyncDispose]: () => deployed.disposeAsync() }
}

async function ensureNetworks(api: EngineApi, stack: StackDraft, mark: Record<string, string>, undo: AsyncDisposableStack, signal: AbortSignal): Promise<Map<string, string>> {
  const ids = new Map((await networksOf(api, signal)).map(({ Name, Id }) => [Name, Id]))
  for (const { name, external, internal = false, attachable = false, options = {} } of stack.networks) {
    if (ids.has(name)) continue
    if (external) throw new EngineError('not-found', `The cluster has no network named ${name}.`, { reason: 'no-such-network', hint: 'Make it there first, or let the stack make one of its own.', field: 'networks' })
    const { Id } = await api.json<{ Id: string }>('POST', '/networks/create', { body: { Name: name, Driver: 'overlay', Internal: internal, Attachable: attachable, Options: options, Labels: { [stackLabel]: stack.name, ...mark } }, signal })
    ids.set(name, Id)
    undo.defer(() => removeNetwork(api, Id))
  }
  return ids
}

async function ensureFiles(api: EngineApi, noun: FileNoun, stack: StackDraft, undo: AsyncDisposableStack, signal: AbortSignal): Promise<void> {
  if (stack[noun].length === 0) return
  const there = new Map(((await api.json<WireFile[] | null>('GET', `/${noun}`, { signal })) ?? []).map(({ Spec }) => [Spec.Name, Spec.Data]))
  for (const { name, value } of stack[noun]) {
    const data = there.get(name)
    if (data !== undefined && value !== undefined && data !== value.toString('base64')) throw new EngineError('conflict', `The cluster has a config named ${name} that says something else, and configs cannot be changed.`, { reason: 'config-differs', hint: 'Give it another name in the file.', field: noun })
    if (there.has(name)) continue
    if (value === undefined) throw new EngineError('not-found', `The cluster has no ${noun === 'secrets' ? 'secret' : 'config'} named ${name}.`, { reason: 'no-such-file', field: noun })
    const { id } = await createFile(api, noun, { name, value, labels: { [stackLabel]: stack.name } }, signal)
    undo.defer(async () => void (await api.json('DELETE', `/${noun}/${id}`)))
  }
}

/** What bears a label that was given to all that one deployment made; a deed that was cut off is taken back by it. */
export async function removeMarked(api: EngineApi, [key, value]: readonly [string, string], signal: AbortSignal): Promise<void> {
  const isMarked = (labels: Record<string, string> | null | undefined) => labels?.[key] === value
  const services = await api.json<WireService[] | null>('GET', '/services', { query: { filters: JSON.stringify({ label: [`${key}=${value}`] }) }, signal })
  for (const { ID, Spec } of services ?? []) if (isMarked(Spec.Labels)) await removeService(api, ID, signal)
  for (const { Id, Labels } of await networksOf(api, signal)) if (isMarked(Labels)) await removeNetwork(api, Id, signal)
}

export async function removeStack(api: EngineApi, name: string, signal: AbortSignal): Promise<void> {
  const services = await servicesOf(api, name, signal)
  const label = { query: { filters: JSON.stringify({ label: [`${stackLabel}=${name}`] }) }, signal }
  const [secrets, configs, networks] = await Promise.all([api.json<WireFile[] | null>('GET', '/secrets', label), api.json<WireFile[] | null>('GET', '/configs', label), networksOf(api, signal)])
  if (services.length === 0) throw new EngineError('not-found', `The cluster has no stack named ${name}.`, { reason: 'no-such-stack' })
  for (const { ID } of services) await removeService(api, ID, signal)
  for (const [noun, files] of [['secrets', secrets], ['configs', configs]] as const) for (const { ID, Spec } of files ?? []) if (Spec.Labels?.[stackLabel] === name) await api.json('DELETE', `/${noun}/${ID}`, { signal })
  for (const { Id, Labels } of networks) if (Labels?.[stackLabel] === name) await removeNetwork(api, Id, signal)
}

/** Looks at a network that tasks are still leaving, and milliseconds between. */
const tries = 60
const pause = 500

async function removeNetwork(api: EngineApi, id: string, signal?: AbortSignal): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      return void (await api.json('DELETE', `/networks/${id}`, { ...(signal && { signal }) }))
    } catch (error) {
      if (isEngineError(error, 'not-found')) return
      if (left === 0 || !isEngineError(error) || !/in use|active endpoints/i.test(error.message)) throw error
      await wait(pause, undefined, { ...(signal && { signal }) })
    }
  }
}
