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
  let current: Connection = connections.first()
  let stop: (() => void) | undefined

  const follow = () =>
    current.onEvent((event) => {
      if (event.type === 'reset') reset()
      // Told for every connection, selected or not, by the session.
      else if (event.type !== 'connection.changed') emit(event)
    })
  return {
    current: () => current,
    select(id: ConnectionId): void {
      const chosen = connections.get(id)
      if (chosen === current) return
      current = chosen
      if (!stop) return
      stop()
      stop = follow()
      reset()
    },
    /** @returns stops listening. */
    listen(): () => void {
      stop = follow()
      return () => {
        stop?.()
        stop = undefined
      }
    },
  }
}

export type Selection = ReturnType<typeof createSelection>
