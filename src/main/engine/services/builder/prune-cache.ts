import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import { listCacheEntries, type CacheEntry } from './cache-entries.ts'
import type { BuilderContext } from './needs.ts'

export interface PruneRequest {
  /** Also what images share. */
  all: boolean
  filters: Readonly<Record<string, readonly string[]>>
  /** Bytes that may stay. */
  keep?: number
}

export interface Pruned {
  removed: string[]
  /** Bytes given back. */
  bytes: number
}

/** Forgets what was not used for longest, until no more than `keep` is left. What a running build holds stays. @throws invalid-argument */
export async function pruneCache(context: BuilderContext, request: PruneRequest): Promise<Pruned> {
  const matches = cacheFilter(request.filters)
  const entries = await listCacheEntries(context)
  const images = new Map(context.cache.list().map((step) => [step.key, step.image]))
  // A build may have come upon one since it was listed.
  const isFree = ({ id, inUse }: CacheEntry) => !inUse && !context.leases.isHeld(images.get(id) ?? id)
  const candidates = entries.filter((entry) => isFree(entry) && (request.all || !entry.shared) && matches(entry)).sort((one, other) => (lastUse(one) < lastUse(other) ? -1 : 1))
  let left = entries.reduce((sum, entry) => sum + owned(entry), 0)
  const chosen: CacheEntry[] = []
  for (const entry of candidates) {
    if (request.keep !== undefined && left <= request.keep) break
    chosen.push(entry)
    left -= owned(entry)
  }
  await remove(context, chosen, images)
  return { removed: chosen.map(({ id }) => id), bytes: chosen.reduce((sum, entry) => sum + owned(entry), 0) }
}

const owned = ({ shared, size }: CacheEntry) => (shared ? 0 : size)
const lastUse = (entry: CacheEntry) => entry.lastUsedAt ?? entry.createdAt

async function remove({ cache, cacheMounts, keptContexts, images }: BuilderContext, entries: readonly CacheEntry[], byKey: ReadonlyMap<string, ImageId>): Promise<void> {
  const pending = new Set(entries.flatMap(({ id, shared }) => (shared ? [] : (byKey.get(id) ?? []))))
  // Forgotten in the turn in which nobody held them: no build finds them from here on.
  for (const { id, type } of entries) if (type === 'regular') cache.forget(id)
  for (const { id, type } of entries) {
    if (type === 'exec.cachemount') await cacheMounts.remove(id)
    if (type === 'source.local') await keptContexts.remove(id)
  }
  await images.removeUnused(pending)
}

const FILTERS: Readonly<Record<string, (entry: CacheEntry, value: string) => boolean>> = {
  id: (entry, value) => entry.id.startsWith(value),
  parent: (entry, value) => entry.parent?.startsWith(value) === true,
  parents: (entry, value) => entry.parent?.startsWith(value) === true,
  type: (entry, value) => entry.type === value,
  description: (entry, value) => entry.description.includes(value),
  inuse: (entry, value) => entry.inUse === truth('inuse', value),
  shared: (entry, value) => entry.shared === truth('shared', value),
  private: (entry, value) => entry.shared !== truth('private', value),
  until: (entry, value) => Date.parse(lastUse(entry)) < Date.now() - duration(value),
  'unused-for': (entry, value) => Date.parse(lastUse(entry)) < Date.now() - duration(value),
}

function cacheFilter(filters: PruneRequest['filters']): (entry: CacheEntry) => boolean {
  const wanted = Object.entries(filters).map(([name, values]) => {
    const test = FILTERS[name]
    if (!Object.hasOwn(FILTERS, name) || !test) throw new EngineError('invalid-argument', `failed to prune build cache: invalid filter '${name}'`, { reason: 'invalid-filter', field: 'filters', hint: `Known are ${Object.keys(FILTERS).join(', ')}.` })
    if (name === 'until' || name === 'unused-for') values.forEach(duration)
    return (entry: CacheEntry) => values.every((value) => test(entry, value))
  })
  return (entry) => wanted.every((test) => test(entry))
}

function truth(name: string, value: string): boolean {
  if (/^(1|t|true|)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw new EngineError('invalid-argument', `failed to prune build cache: invalid filter '${name}=${value}'`, { reason: 'invalid-filter', field: 'filters' })
}

const UNITS: Record<string, number> = { h: 3600_000, m: 60_000, s: 1000, ms: 1 }

/** Milliseconds of a Go duration. */
function duration(text: string): number {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) throw new EngineError('invalid-argument', `failed to prune build cache: "until" filter expects a duration (e.g., '24h'), got ${JSON.stringify(text)}`, { reason: 'invalid-filter', field: 'filters' })
  return [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0)
}
