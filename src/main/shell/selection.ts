import type { ConnectionId } from '#shared/contract/connections.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import type { Connection } from '../connections/connection.ts'
import type { Connections } from '../connections/connections.ts'

interface Hearing {
  emit(event: EngineEvent): void
  /** Everything shown is to be told anew. */
  reset(): void
}

/** Which engine a window looks at, and hears of while somebody listens. */
export function createSelection(connections: Connections, { emit, reset }: Hearing) {
  let chosen: ConnectionId = connections.first().id
  let stop: (() => void) | undefined

  const current = (): Connection => connections.find(chosen) ?? connections.first()
  const follow = () =>
    current().onEvent((event) => {
      if (event.type === 'reset') reset()
      // Told for every connection, selected or not, by the session.
      else if (event.type !== 'connection.changed') emit(event)
    })
  function followAnew(): void {
    if (!stop) return
    stop()
    stop = follow()
    reset()
  }
  return {
    current,
    select(id: ConnectionId): void {
      const next = connections.get(id).id
      if (next === chosen) return
      chosen = next
      followAnew()
    },
    /** @returns stops listening. */
    listen(): () => void {
      stop = follow()
      // The one that is looked at may be closed, or give way to another of its name.
      const stopLooking = connections.onChange((change) => {
        if (change.kind === 'opened' && change.connection.id === chosen) followAnew()
        if (change.kind !== 'closed' || change.id !== chosen) return
        chosen = connections.first().id
        followAnew()
      })
      return () => {
        stopLooking()
        stop?.()
        stop = undefined
      }
    },
  }
}

export type Selection = ReturnType<typeof createSelection>
