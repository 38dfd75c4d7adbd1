import { parseAllDocuments } from 'yaml'
import type { ObjectName } from '#shared/contract/kubernetes-apply.ts'
import { EngineError } from '#shared/errors.ts'

export interface WireMetadata {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  managedFields?: unknown
  [other: string]: unknown
}
export interface WireObject {
  apiVersion: string
  kind: string
  metadata: WireMetadata
  [field: string]: unknown
}

/** The objects of a text, in its order; lists are taken apart. @throws with the line, at `text` */
export function readObjects(text: string): WireObject[] {
  const objects = parseAllDocuments(text).flatMap((document) => {
    const [wrong] = document.errors
    if (wrong) throw refuse(wrong.message.split('\n')[0]?.replace(/:$/, '') ?? wrong.message)
    const value = document.toJS() as unknown
    return value === null || value === undefined ? [] : partsOf(value)
  })
  if (objects.length === 0) throw refuse('There is no object in it.')
  return objects
}
const refuse = (message: string) => new EngineError('invalid-argument', message, { reason: 'bad-manifest', field: 'text' })

function partsOf(value: unknown): WireObject[] {
  const { apiVersion, kind, metadata, items } = value as Partial<WireObject>
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') throw refuse('A document has no apiVersion or no kind.')
  if (kind === 'List' && Array.isArray(items)) return items.flatMap(partsOf)
  if (typeof metadata?.name !== 'string' || metadata.name === '') throw refuse(`A ${kind} has no name.`)
  return [value as WireObject]
}

export const nameOfObject = ({ apiVersion, kind, metadata: { name, namespace } }: WireObject): ObjectName => ({ apiVersion, kind, name, ...(namespace !== undefined && { namespace }) })
export const isSameObject = (a: ObjectName, b: ObjectName): boolean => a.apiVersion === b.apiVersion && a.kind === b.kind && a.name === b.name && a.namespace === b.namespace

interface PodSpec {
  containers?: { name?: string; image?: string }[]
  initContainers?: { name?: string; image?: string }[]
  imagePullSecrets?: { name: string }[]
}
/** Of whatever makes pods. */
export function podSpecOf({ kind, spec }: WireObject): PodSpec | undefined {
  const { template, jobTemplate } = (spec ?? {}) as { template?: { spec?: PodSpec }; jobTemplate?: { spec?: { template?: { spec?: PodSpec } } } }
  return kind === 'Pod' ? (spec as PodSpec) : (template?.spec ?? jobTemplate?.spec?.template?.spec)
}
const containersOf = (object: WireObject) => {
  const { containers = [], initContainers = [] } = podSpecOf(object) ?? {}
  return [...initContainers, ...containers]
}
export const imagesOf = (objects: readonly WireObject[]): string[] => [...new Set(objects.flatMap(containersOf).flatMap(({ image }) => image ?? []))]

/** Under the names by which the cluster finds them, and with what it needs to fetch them. */
export function withImages(objects: readonly WireObject[], names: ReadonlyMap<string, string>, pullSecret?: string): WireObject[] {
  return objects.map((object) => {
    const copy = structuredClone(object)
    const pod = podSpecOf(copy)
    const placed = containersOf(copy).filter(({ image }) => image !== undefined && names.has(image))
    for (const container of placed) container.image = names.get(container.image!)!
    if (pod && placed.length > 0 && pullSecret !== undefined) pod.imagePullSecrets = [...(pod.imagePullSecrets ?? []), { name: pullSecret }]
    return copy
  })
}
