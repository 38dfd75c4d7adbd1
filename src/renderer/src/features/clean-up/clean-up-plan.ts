import type { CleanUpRequest, DiskUsage } from '#shared/contract/system.ts'

export type CleanUpKind = 'untagged' | 'buildCache' | 'anonymousVolumes' | 'stopped' | 'unused' | 'volumes'
export interface CleanUpItem {
  /** What the engine is asked to remove. */
  id: string
  name: string
  bytes: number
}
export interface CleanUpGroup {
  kind: CleanUpKind
  items: CleanUpItem[]
  bytes: number
  /** Chosen from the start: nothing in it can be missed. */
  harmless: boolean
}

const short = (id: string) => id.replace(/^sha256:/, '').slice(0, 12)
const HARMLESS = new Set<CleanUpKind>(['untagged', 'buildCache'])

/** Who is left of those that hold it, once `going` are gone. One that holds it unknown to us stays. */
const leftOf = ({ containers, holders }: { containers: number; holders: readonly string[] }, going: ReadonlySet<string>) => Math.max(0, Math.max(containers, holders.length) - holders.filter((id) => going.has(id)).length)

/**
 * What nothing uses, by kind, the largest first within each. What only stopped containers hold is among it once these are chosen to go (`going`), but for volumes
 * without a name: those go with their container, and count as part of it.
 */
export function cleanUpPlan(usage: DiskUsage, going: ReadonlySet<string> = new Set()): CleanUpGroup[] {
  const images = usage.images.filter((image) => leftOf(image, going) === 0)
  const anonymous = usage.volumes.filter((volume) => volume.anonymous && volume.containers === 0)
  const named = usage.volumes.filter((volume) => !volume.anonymous && leftOf(volume, going) === 0)
  const takenAlong = (id: string) => sum(usage.volumes.filter((volume) => volume.anonymous && volume.containers === 1 && volume.holders[0] === id))
  const image = ({ id, tags, ownBytes }: DiskUsage['images'][number]) => ({ id, name: tags.length > 0 ? tags.join(', ') : short(id), bytes: ownBytes })
  const groups: [CleanUpKind, CleanUpItem[]][] = [
    ['untagged', images.filter(({ tags }) => tags.length === 0).map(image)],
    ['buildCache', usage.buildCacheBytes > 0 ? [{ id: '', name: '', bytes: usage.buildCacheBytes }] : []],
    ['stopped', usage.containers.filter(({ running }) => !running).map(({ id, name, bytes }) => ({ id, name, bytes: bytes + takenAlong(id) }))],
    ['anonymousVolumes', anonymous.map(({ name, bytes }) => ({ id: name, name: short(name), bytes }))],
    ['unused', images.filter(({ tags }) => tags.length > 0).map(image)],
    ['volumes', named.map(({ name, bytes }) => ({ id: name, name, bytes }))],
  ]
  return groups.filter(([, items]) => items.length > 0).map(([kind, items]) => ({ kind, items: items.toSorted((a, b) => b.bytes - a.bytes), bytes: sum(items), harmless: HARMLESS.has(kind) }))
}

export const sum = (items: readonly { bytes: number }[]): number => items.reduce((total, { bytes }) => total + bytes, 0)

/** What could be given back of each kind, for a summary. */
export function reclaimable(usage: DiskUsage): Record<'images' | 'containers' | 'volumes' | 'buildCache', number> {
  const groups = new Map(cleanUpPlan(usage).map(({ kind, bytes }) => [kind, bytes]))
  const of = (...kinds: CleanUpKind[]) => kinds.reduce((total, kind) => total + (groups.get(kind) ?? 0), 0)
  return { images: of('untagged', 'unused'), containers: sum(usage.containers.filter(({ running }) => !running)), volumes: of('anonymousVolumes', 'volumes'), buildCache: of('buildCache') }
}

/** An image with names loses each of them; the last takes the image along. */
export function cleanUpRequest(usage: DiskUsage, chosen: readonly { kind: CleanUpKind; ids: readonly string[] }[]): CleanUpRequest {
  const of = (...kinds: CleanUpKind[]) => chosen.filter(({ kind }) => kinds.includes(kind)).flatMap(({ ids }) => ids)
  const tagsOf = (id: string) => usage.images.find((image) => image.id === id)?.tags ?? []
  return { containers: of('stopped'), images: of('untagged', 'unused').flatMap((id) => (tagsOf(id).length > 0 ? tagsOf(id) : [id])), volumes: of('anonymousVolumes', 'volumes'), buildCache: of('buildCache').length > 0 }
}
