import type { ConnectionId, EverywhereMessage, ItemEvent } from '#shared/contract/connections.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import type { Connections } from './connections.ts'

/**
 * What all connections hold, from their mirrors: nothing is asked of an engine for it. Of an item that changes faster than the reader takes only
 * the last is kept.
 */
export async function* readEverywhere(connections: Pick<Connections, 'visit'>, signal: AbortSignal): AsyncGenerator<EverywhereMessage[]> {
  let waiting = new Map<string, EverywhereMessage>()
  let news = Promise.withResolvers<void>()
  const leave = () => news.resolve()
  function put(key: string, message: EverywhereMessage) {
    waiting.delete(key)
    waiting.set(key, message)
    news.resolve()
  }
  /** What was told of it before no longer matters. */
  function putWhole(connection: ConnectionId, message: EverywhereMessage) {
    for (const key of waiting.keys()) if (key.startsWith(`${connection} `)) waiting.delete(key)
    put(`${connection} `, message)
  }
  const stop = connections.visit(({ id, mirror, onEvent }) => {
    const whole = () => putWhole(id, { connection: id, kind: 'all', items: mirror.items() })
    whole()
    const deafen = onEvent((event) => {
      if (event.type === 'reset') whole()
      else if (isItem(event)) put(`${id} ${subjectOf(event)}`, { connection: id, kind: 'change', event })
    })
    return () => {
      deafen()
      putWhole(id, { connection: id, kind: 'gone' })
    }
  })
  signal.addEventListener('abort', leave)
  try {
    while (!signal.aborted) {
      const messages = [...waiting.values()]
      waiting = new Map()
      news = Promise.withResolvers<void>()
      if (messages.length > 0) yield messages
      if (waiting.size === 0 && !signal.aborted) await news.promise
    }
  } finally {
    signal.removeEventListener('abort', leave)
    stop()
  }
}

const isItem = (event: EngineEvent): event is ItemEvent => /^(container|image|network|volume)\.(changed|removed)$/.test(event.type)

function subjectOf(event: ItemEvent): string {
  switch (event.type) {
    case 'container.changed': return `container ${event.container.id}`
    case 'image.changed': return `image ${event.image.id}`
    case 'network.changed': return `network ${event.network.id}`
    case 'volume.changed': return `volume ${event.volume.name}`
    case 'volume.removed': return `volume ${event.name}`
    default: return `${event.type.split('.')[0]} ${event.id}`
  }
}
