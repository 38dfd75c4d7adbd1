import type { BuilderContext } from './needs.ts'

/** One thing that is kept to make the next build quicker, as `docker system df -v` shows it. */
export interface CacheEntry {
  id: string
  parent?: string
  type: 'regular' | 'exec.cachemount' | 'source.local'
  description: string
  /** A build that is under way works with it. */
  inUse: boolean
  /** Part of an image as well: forgetting it would free nothing. */
  shared: boolean
  /** Bytes. */
  size: number
  /** RFC 3339. */
  createdAt: string
  lastUsedAt?: string
  usageCount: number
}

/** Every step whose image is still here, every folder of a cache mount, and every kept context. Steps whose image went are forgotten on the way. */
export async function listCacheEntries(context: BuilderContext): Promise<CacheEntry[]> {
  return [...(await stepEntries(context)), ...(await mountEntries(context)), ...contextEntries(context)]
}

async function stepEntries({ cache, images, leases }: BuilderContext): Promise<CacheEntry[]> {
  const present = new Map((await images.list({ all: true })).map((image) => [image.id, image]))
  const steps = cache.list()
  for (const step of steps) if (!present.has(step.image)) cache.forget(step.key)
  const onlySteps = new Set(steps.filter((step) => !step.result).map((step) => step.image))
  const shared = new Set<string>()
  for (const image of present.values()) {
    const isOwn = image.tags.length > 0 || image.digests.length > 0 || image.containers > 0 || !onlySteps.has(image.id)
    for (let at: typeof image | undefined = isOwn ? image : undefined; at && !shared.has(at.id); at = at.parent === undefined ? undefined : present.get(at.parent)) shared.add(at.id)
  }
  return steps
    .filter((step) => present.has(step.image))
    .map(({ key, parent, description, size, createdAt, lastUsedAt, usageCount, image }) => ({
      id: key,
      ...(parent !== undefined && { parent }),
      type: 'regular' as const,
      description,
      inUse: leases.isHeld(image),
      shared: shared.has(image),
      size,
      createdAt,
      ...(lastUsedAt !== undefined && { lastUsedAt }),
      usageCount,
    }))
}

async function mountEntries({ cacheMounts, layers }: BuilderContext): Promise<CacheEntry[]> {
  return Promise.all(
    cacheMounts.list().map(async ({ name, target, folder, inUse, createdAt, lastUsedAt, usageCount }) => ({
      id: name,
      type: 'exec.cachemount' as const,
      description: `cached mount ${target}`,
      inUse,
      shared: false,
      size: (await layers.usage(folder).catch(() => ({ bytes: 0 }))).bytes,
      createdAt,
      lastUsedAt,
      usageCount,
    })),
  )
}

const contextEntries = ({ keptContexts }: BuilderContext): CacheEntry[] =>
  keptContexts.list().map(({ name, inUse, size, createdAt, lastUsedAt, usageCount }) => ({ id: name, type: 'source.local', description: 'local source for context', inUse, shared: false, size, createdAt, lastUsedAt, usageCount }))
