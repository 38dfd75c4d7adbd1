import { EngineError } from '#shared/errors.ts'
import { isPredefined, type NetworkRecord } from './network-record.ts'
import type { NetworkFilters, NetworkView } from './networks-service.ts'

const KNOWN = new Set(['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'])

/** Whether a network passes the filters of a list: within one key any value will do, of several keys all must. @throws invalid-argument for an unknown key. */
export function matchesFilters(network: NetworkView, filters: NetworkFilters): boolean {
  for (const key of Object.keys(filters)) if (!KNOWN.has(key)) throw new EngineError('invalid-argument', `invalid filter '${key}'`, { reason: 'invalid-filter' })
  const some = (key: string, test: (value: string) => boolean) => filters[key] === undefined || filters[key].length === 0 || filters[key].some(test)
  return (
    some('driver', (value) => network.driver === value) &&
    some('name', (value) => network.name.includes(value)) &&
    some('id', (value) => network.id.startsWith(value)) &&
    some('scope', (value) => network.scope === value) &&
    some('type', (value) => matchesType(network, value)) &&
    some('dangling', (value) => truth(value) === (network.containers.length === 0 && !isPredefined(network.name))) &&
    (filters['label'] ?? []).every((label) => hasLabel(network, label))
  )
}

/** `label` must be there with any value or that one; `label!` must not. */
export const matchesLabels = (network: NetworkRecord, filters: NetworkFilters): boolean =>
  (filters['label'] ?? []).every((label) => hasLabel(network, label)) && !(filters['label!'] ?? []).some((label) => hasLabel(network, label))

function hasLabel(network: NetworkRecord, label: string): boolean {
  const [name = '', ...rest] = label.split('=')
  const value = network.labels[name]
  return value !== undefined && (rest.length === 0 || value === rest.join('='))
}

function matchesType(network: NetworkRecord, type: string): boolean {
  if (type !== 'custom' && type !== 'builtin') throw new EngineError('invalid-argument', `invalid filter: 'type'='${type}'`, { reason: 'invalid-filter' })
  return isPredefined(network.name) === (type === 'builtin')
}

function truth(value: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw new EngineError('invalid-argument', `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`, { reason: 'invalid-filter' })
}
