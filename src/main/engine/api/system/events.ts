import { EngineError } from '#shared/errors.ts'
import { parseMoment } from '#base/timestamps.ts'
import type { EngineEvent } from '../../core/events/event-bus.ts'
import type { Exchange, Filters } from '../router.ts'
import { openJsonLines } from '../streams/json-lines.ts'
import type { SystemApiNeeds } from './needs.ts'

/** `GET /events`: the past from `since`, then what happens until `until` or until the client leaves. */
export async function streamEvents(needs: Pick<SystemApiNeeds, 'events' | 'clock'>, exchange: Exchange): Promise<undefined> {
  const { query, signal } = exchange
  const since = momentOf(query.text('since'), needs.clock())
  const until = momentOf(query.text('until'), needs.clock())
  if (since !== undefined && until !== undefined && until < since) throw new EngineError('invalid-argument', `\`since\` time (${query.text('since')}) cannot be after \`until\` time (${query.text('until')})`)
  const matches = compileEventFilters(query.filters())
  const lines = openJsonLines(exchange)
  const deliver = (event: EngineEvent) => {
    if (matches(event) && (until === undefined || event.timeNano <= until)) void lines.writeLine(eventLine(event))
  }
  using _subscription = needs.events.subscribe(deliver)
  if (since !== undefined) for (const event of needs.events.history(since, until ?? needs.clock())) deliver(event)
  else if (until !== undefined && until <= needs.clock()) for (const event of needs.events.history(0n, until)) deliver(event)
  await endOf(signal, until === undefined ? undefined : Number((until - needs.clock()) / 1_000_000n))
  lines.end()
  return undefined
}

function momentOf(text: string | undefined, now: bigint): bigint | undefined {
  if (text === undefined || text === '') return undefined
  const moment = parseMoment(text, now)
  if (moment === undefined) throw new EngineError('invalid-argument', `failed to parse value as time or duration: ${text}`)
  return moment
}

async function endOf(signal: AbortSignal, milliseconds: number | undefined): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  const timer = milliseconds === undefined ? undefined : setTimeout(resolve, Math.max(0, Math.min(milliseconds, 2 ** 31 - 1)))
  await promise
  clearTimeout(timer)
}

type Predicate = (event: EngineEvent) => boolean

/** Values of one name are alternatives; names must all hold. As Docker's, a filter that nobody knows changes nothing. */
export function compileEventFilters(filters: Filters): Predicate {
  const predicates = Object.entries(filters).filter(([, values]) => values.length > 0).flatMap(([name, values]) => compileFilter(name, values) ?? [])
  return (event) => predicates.every((predicate) => predicate(event))
}

const REFERENCES = new Set(['container', 'daemon', 'network', 'plugin', 'volume'])
const SWARM_ONLY = new Set(['config', 'node', 'secret', 'service'])

function compileFilter(name: string, values: readonly string[]): Predicate | undefined {
  if (name === 'type') return ({ type }) => values.includes(type)
  if (name === 'event') return ({ action }) => values.some((value) => action === value || action.startsWith(`${value}:`))
  if (name === 'scope') return () => values.includes('local')
  if (name === 'label') return ({ attributes }) => values.every((value) => hasLabel(attributes, value))
  if (name === 'image') return imageFilter(values)
  if (REFERENCES.has(name)) return ({ type, id, attributes }) => type === name && values.some((value) => id === value || attributes['name'] === value.replace(/^\//, '') || (value !== '' && id.startsWith(value)))
  return SWARM_ONLY.has(name) ? () => false : undefined
}

function imageFilter(values: readonly string[]): Predicate {
  const untagged = (name: string) => name.replace(/:[^/:]*$/, '')
  return ({ type, id, attributes }) => {
    const name = type === 'image' ? attributes['name'] : type === 'container' ? attributes['image'] : undefined
    return values.some((value) => (type === 'image' && id === value) || (name !== undefined && (name === value || untagged(name) === value)))
  }
}

function hasLabel(attributes: Record<string, string>, wish: string): boolean {
  const at = wish.indexOf('=')
  return at < 0 ? Object.hasOwn(attributes, wish) : attributes[wish.slice(0, at)] === wish.slice(at + 1)
}

/** Docker's event, with the three older fields that clients still read. Nanoseconds do not fit a double, so they are written as digits. */
export function eventLine(event: EngineEvent): string {
  const older = event.type === 'container' ? { status: event.action, ...(event.id !== '' && { id: event.id, from: event.attributes['image'] ?? '' }) } : event.type === 'image' ? { status: event.action, ...(event.id !== '' && { id: event.id }) } : {}
  const json = JSON.stringify({
    ...older,
    Type: event.type,
    Action: event.action,
    Actor: { ID: event.id, Attributes: event.attributes },
    scope: 'local',
    time: Number(event.timeNano / 1_000_000_000n),
  })
  return `${json.slice(0, -1)},"timeNano":${event.timeNano}}`
}
