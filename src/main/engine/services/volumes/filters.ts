import { EngineError } from '#shared/errors.ts'
import type { VolumesContext } from './context.ts'
import type { VolumeRecord } from './record.ts'

export type VolumeFilters = Readonly<Record<string, readonly string[]>>
type Predicate = (record: VolumeRecord) => boolean

/** `name`, `driver`, `label`, `dangling` of `volume ls`. @throws invalid-argument for any other */
export function compileFilters({ needs }: Pick<VolumesContext, 'needs'>, filters: VolumeFilters): Predicate {
  return compile(filters, (filter, values) => {
    if (filter === 'name') return ({ name }) => values.some((value) => matches(value, name))
    if (filter === 'driver') return ({ driver }) => values.includes(driver)
    if (filter === 'label') return labelled(values)
    if (filter !== 'dangling') return undefined
    const wanted = truthOf(filter, values)
    return ({ name }) => (needs.containersUsing(name).length === 0) === wanted
  })
}

/** `label`, `label!`, `all` of `volume prune`; only anonymous ones match unless `all` is true. @throws invalid-argument for any other */
export function compilePruneFilters(filters: VolumeFilters): Predicate {
  const everything = filters['all']?.length ? truthOf('all', filters['all']) : false
  const rest = compile(filters, (filter, values) => {
    if (filter === 'label') return labelled(values)
    if (filter === 'label!') return (record) => !values.some((value) => hasLabel(record, value))
    return filter === 'all' ? () => true : undefined
  })
  return (record) => (everything || record.anonymous) && rest(record)
}

function compile(filters: VolumeFilters, predicateOf: (filter: string, values: readonly string[]) => Predicate | undefined): Predicate {
  const predicates = Object.entries(filters).filter(([, values]) => values.length > 0).map(([filter, values]) => {
    const predicate = predicateOf(filter, values)
    if (!predicate) throw new EngineError('invalid-argument', `invalid filter '${filter}'`, { field: 'filters' })
    return predicate
  })
  return (record) => predicates.every((predicate) => predicate(record))
}

const labelled = (values: readonly string[]): Predicate => (record) => values.every((value) => hasLabel(record, value))

function hasLabel({ labels }: VolumeRecord, wish: string): boolean {
  const at = wish.indexOf('=')
  return at < 0 ? Object.hasOwn(labels, wish) : Object.hasOwn(labels, wish.slice(0, at)) && labels[wish.slice(0, at)] === wish.slice(at + 1)
}

/** Names are regular expressions; one that is not valid matches as text. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name)
  } catch {
    return name.includes(pattern)
  }
}

function truthOf(filter: string, values: readonly string[]): boolean {
  const truths = new Set(values.map((value) => ({ '1': true, true: true, '0': false, false: false })[value.toLowerCase()]))
  const [truth] = truths
  if (truths.size !== 1 || truth === undefined) throw new EngineError('invalid-argument', `invalid filter '${filter}=[${values.join(' ')}]'`, { field: 'filters' })
  return truth
}
