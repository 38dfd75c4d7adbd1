import type { FieldChange } from '#shared/contract/kubernetes-apply.ts'
import type { WireObject } from './objects.ts'

/** What the server keeps for itself. */
const ownMetadata = new Set(['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink'])
const longest = 200
const most = 50

/** What of an object would be another, field by field. A secret's values are compared and never told. */
export function differencesOf(before: WireObject, after: WireObject): FieldChange[] {
  const changes: FieldChange[] = []
  const hidden = (path: string) => after.kind === 'Secret' && /^(data|stringData)\./.test(path)
  compare(stated(before), stated(after), '', (path, from, to) => {
    if (changes.length >= most) return
    const words = (value: unknown) => (value === undefined ? undefined : hidden(path) ? '•••' : shortened(value))
    const [was, is] = [words(from), words(to)]
    changes.push({ path, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) })
  })
  return changes
}

function stated({ status: _status, metadata, ...rest }: WireObject): unknown {
  return { ...rest, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !ownMetadata.has(key))) }
}

function shortened(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

const isTable = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
/** Lists of containers, ports, variables are tables by their names. */
const isNamed = (value: unknown): value is { name: string }[] => Array.isArray(value) && value.length > 0 && value.every((each) => isTable(each) && typeof each['name'] === 'string') && new Set(value.map(({ name }) => name as unknown)).size === value.length

function compare(before: unknown, after: unknown, path: string, tell: (path: string, before: unknown, after: unknown) => void): void {
  if (isTable(before) && isTable(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) compare(before[key], after[key], path === '' ? key : `${path}.${key}`, tell)
  } else if (isNamed(before) && isNamed(after)) {
    const [from, to] = [before, after].map((list) => new Map(list.map((each) => [each.name, each])))
    for (const name of new Set([...from!.keys(), ...to!.keys()])) compare(from!.get(name), to!.get(name), `${path}[${name}]`, tell)
  } else if (JSON.stringify(before) !== JSON.stringify(after)) tell(path, before, after)
}
