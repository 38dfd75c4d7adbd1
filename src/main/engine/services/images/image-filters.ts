import { EngineError } from '#shared/errors.ts'
import { matchesGlob, pathMatchSteps } from '#shared/glob.ts'
import { familiarName, familiarRepository, parseReference } from '#shared/oci/reference.ts'
import type { ImageFilters } from './images-service.ts'
import type { ImageRecord, ImageRecords } from './records.ts'

/** Keeps an image, given its names; the names that matched come back, all of them where no filter is about names. */
export type ImageFilter = (image: ImageRecord, names: readonly string[]) => boolean

const LIST_FILTERS = ['dangling', 'label', 'label!', 'before', 'since', 'until', 'reference']
const PRUNE_FILTERS = ['dangling', 'label', 'label!', 'until', 'all']

/** @throws invalid-argument for a filter nobody knows, not-found for `before` and `since` of an absent image. */
export function listFilter(records: ImageRecords, filters: ImageFilters): ImageFilter {
  assertKnown(filters, LIST_FILTERS)
  const dangling = booleanOf(filters, 'dangling')
  const before = (filters['before'] ?? []).map((name) => timeOf(records.get(name)))
  const since = (filters['since'] ?? []).map((name) => timeOf(records.get(name)))
  const matchesLabels = labelFilter(filters)
  const isOld = untilFilter(filters)
  return (image, names) => {
    if (dangling !== undefined && dangling !== isDangling(records, image, names)) return false
    if (before.some((time) => timeOf(image) >= time) || since.some((time) => timeOf(image) <= time)) return false
    return matchesLabels(image) && isOld(image)
  }
}

/** For prune: dangling ones only, unless `dangling=false`. */
export function pruneFilter(filters: ImageFilters): { danglingOnly: boolean; matches: (image: ImageRecord) => boolean } {
  assertKnown(filters, PRUNE_FILTERS)
  const matchesLabels = labelFilter(filters)
  if ((filters['until'] ?? []).length > 1) throw new EngineError('invalid-argument', 'more than one until filter specified', { reason: 'invalid-filter' })
  const isOld = untilFilter(filters)
  return { danglingOnly: booleanOf(filters, 'dangling') ?? true, matches: (image) => matchesLabels(image) && isOld(image) }
}

/** Whether a canonical name matches one of the patterns: `web`, `web:1.*`, `*\/app`. */
export function matchesReference(patterns: readonly string[] | undefined, name: string): boolean {
  if (!patterns || patterns.length === 0) return true
  const reference = parseReference(name)
  return patterns.map(pathMatchSteps).some((steps) => [familiarName(reference), familiarRepository(reference)].some((text) => matchesGlob(steps, text)))
}

/** An image without a tag that no other image is built on. */
const isDangling = (records: ImageRecords, image: ImageRecord, names: readonly string[]) => !names.some(isTag) && !records.children.has(image.id)

export const isTag = (name: string): boolean => !name.includes('@')

function labelFilter(filters: ImageFilters): (image: ImageRecord) => boolean {
  const has = (image: ImageRecord, wanted: string) => {
    const [key = '', value] = splitOnce(wanted)
    return value === undefined ? Object.hasOwn(image.labels, key) : image.labels[key] === value
  }
  return (image) => (filters['label'] ?? []).every((wanted) => has(image, wanted)) && !(filters['label!'] ?? []).some((unwanted) => has(image, unwanted))
}

/** Older than the earliest of the moments. */
function untilFilter(filters: ImageFilters): (image: ImageRecord) => boolean {
  const now = Date.now()
  const until = Math.min(...(filters['until'] ?? []).map((text) => parseMoment(text, now)))
  return (image) => timeOf(image) < until
}

const splitOnce = (text: string): [string, string?] => (text.includes('=') ? [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] : [text])

/** Unix milliseconds. Images without a time are as old as can be. */
export const timeOf = (image: ImageRecord): number => Date.parse(image.created) || 0

/** A Go duration before now (`24h`, `1h30m`), Unix seconds or a time stamp; in Unix milliseconds. @throws invalid-argument */
function parseMoment(text: string, now: number): number {
  const units: Record<string, number> = { h: 3600_000, m: 60_000, s: 1000, ms: 1 }
  if (/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return now - [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0)
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new EngineError('invalid-argument', `failed to parse value as time or duration: ${JSON.stringify(text)}`, { reason: 'invalid-filter' })
}

function booleanOf(filters: ImageFilters, name: string): boolean | undefined {
  const [value, ...more] = filters[name] ?? []
  if (value === undefined) return undefined
  if (more.length === 0 && /^(1|true|t)$/i.test(value)) return true
  if (more.length === 0 && /^(0|false|f)$/i.test(value)) return false
  throw new EngineError('invalid-argument', `invalid filter '${name}=[${[value, ...more].join(' ')}]'`, { reason: 'invalid-filter' })
}

function assertKnown(filters: ImageFilters, known: readonly string[]): void {
  const strange = Object.keys(filters).find((name) => !known.includes(name))
  if (strange !== undefined) throw new EngineError('invalid-argument', `invalid filter '${strange}'`, { reason: 'invalid-filter' })
}
