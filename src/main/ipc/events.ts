import { eventWindow, type EventFrame } from '#shared/contract/bridge.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import type { Session } from './serve.ts'

/** Milliseconds between two frames of events, about one frame of the screen; the first after a pause goes at once. */
const pace = 16

/**
 * The numbered events of one window. Within a frame only the last event of an item is kept. A page that falls more than
 * `eventWindow` behind gets nothing more until it has caught up, and then a new snapshot.
 */
export function createEventFeed(session: Pick<Session, 'snapshot' | 'onEvent'>, post: (frame: EventFrame) => void) {
  let stopListening: (() => void) | undefined
  let pending = new Map<string | symbol, EngineEvent>()
  let timer: NodeJS.Timeout | undefined
  let sequence = 0
  let posted = 0
  let acknowledged = 0
  let flushedAt = -pace
  let behind = false

  function push(event: EngineEvent): void {
    if (behind || !stopListening) return
    const key = itemOf(event)
    if (event.type === 'snapshot') pending = new Map([...pending].filter(([, earlier]) => !isState(earlier)))
    pending.delete(key)
    pending.set(key, event)
    timer ??= setTimeout(flush, Math.max(0, flushedAt + pace - performance.now()))
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (pending.size === 0) return
    const events = [...pending.values()]
    pending = new Map()
    flushedAt = performance.now()
    sequence += events.length
    behind = sequence - acknowledged > eventWindow
    if (behind) return
    posted = sequence
    post({ kind: 'events', sequence, events })
  }

  function sendSnapshot(): void {
    pending = new Map([...pending].filter(([, event]) => !isState(event)))
    behind = false
    acknowledged = posted = sequence
    post({ kind: 'snapshot', sequence, snapshot: session.snapshot() })
  }

  return {
    push,
    flush,
    subscribe(): void {
      stopListening ??= session.onEvent(push)
      flush()
      sendSnapshot()
    },
    ack(taken: number): void {
      acknowledged = Math.max(acknowledged, Math.min(taken, sequence))
      if (behind && acknowledged >= posted) sendSnapshot()
    },
    close(): void {
      clearTimeout(timer)
      stopListening?.()
      stopListening = undefined
    },
  }
}

const isState = (event: EngineEvent) => event.type !== 'progress' && event.type !== 'command' && event.type !== 'navigate' && event.type !== 'notice'

/** Two events with the same key tell of the same thing; what has no key of its own is never merged. */
function itemOf(event: EngineEvent): string | symbol {
  switch (event.type) {
    case 'container.changed':
      return `container ${event.container.id}`
    case 'container.removed':
      return `container ${event.id}`
    case 'image.changed':
      return `image ${event.image.id}`
    case 'image.removed':
      return `image ${event.id}`
    case 'network.changed':
      return `network ${event.network.id}`
    case 'network.removed':
      return `network ${event.id}`
    case 'volume.changed':
      return `volume ${event.volume.name}`
    case 'volume.removed':
      return `volume ${event.name}`
    case 'build.changed':
      return `build ${event.build.id}`
    case 'build.removed':
      return `build ${event.id}`
    case 'connection.changed':
      return `connection ${event.connection.id}`
    case 'connection.removed':
      return `connection ${event.id}`
    case 'engine.state':
    case 'settings.changed':
    case 'update.changed':
    case 'snapshot':
      return event.type
    case 'progress':
      return event.step.kind === 'layer' ? `progress ${event.callId} ${event.step.id}` : event.step.kind === 'bytes' ? `progress ${event.callId}` : Symbol()
    case 'command':
    case 'navigate':
    case 'notice':
      return Symbol()
  }
}
