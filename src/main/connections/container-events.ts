import type { ContainerEvent } from '#shared/contract/streams.ts'
import type { Connection } from './connection.ts'
import type { WireEvent } from './wire/event.ts'
import { momentOfEvent } from './wire/event.ts'
import { jsonLines } from './wire/json-lines.ts'

/** From when it was made, as far as the engine remembers, then live. */
export async function* readContainerEvents({ api, mirror }: Pick<Connection, 'api' | 'mirror'>, id: string, signal: AbortSignal): AsyncGenerator<ContainerEvent[]> {
  const container = mirror.container(id)
  const since = Math.floor((container?.createdAt ?? 0) / 1000)
  const labels = new Set(Object.keys(container?.labels ?? {}))
  const stream = await api.stream('GET', '/events', { query: { since, filters: JSON.stringify({ container: [id] }) }, signal })
  let batch: ContainerEvent[] = []
  for await (const event of jsonLines<WireEvent>(stream)) {
    // Looking at its processes is told as an event: the app does that itself, every other second.
    if (event.Action !== 'top') batch.push(readEvent(event, labels))
    // What came together is shown together.
    if (batch.length === 0 || (stream.readableLength > 0 && batch.length < 500)) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

const told = new Set(['name', 'image', 'container'])

function readEvent(event: WireEvent, labels: ReadonlySet<string>): ContainerEvent {
  const attributes = Object.entries(event.Actor.Attributes ?? {}).filter(([key]) => !labels.has(key) && !told.has(key))
  return { at: momentOfEvent(event), action: event.Type === 'container' ? event.Action : `${event.Type} ${event.Action}`, attributes: Object.fromEntries(attributes) }
}
