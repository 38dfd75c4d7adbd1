import type { ContainerId, Timestamp } from '#shared/contract/containers.ts'

/** One line of GET /events. */
export interface WireEvent {
  Type: string
  Action: string
  Actor: { ID: string; Attributes?: Record<string, string> | null }
  time: number
  timeNano?: number
}

/** One thing that an event says may have changed. For images `id` may be a reference. */
export interface Touched {
  noun: 'container' | 'image' | 'network' | 'volume'
  id: string
  gone: boolean
}
/** What the event knows better than a list: when a container started or ended, and whether somebody asked for its end. */
export interface Moment {
  id: ContainerId
  at: Timestamp
  kind: 'started' | 'finished' | 'asked'
}

const containerActions = new Set(['create', 'start', 'die', 'stop', 'restart', 'pause', 'unpause', 'rename', 'update', 'oom', 'health_status'])

/** The items to ask for again because of an event; most events (exec, attach, top, archive, mount…) change nothing that is shown. */
export function touchedBy(event: WireEvent): Touched[] {
  const id = event.Actor.ID
  const action = event.Action.split(':')[0] ?? ''
  switch (event.Type) {
    case 'container':
      return action === 'destroy' ? [{ noun: 'container', id, gone: true }] : containerActions.has(action) ? [{ noun: 'container', id, gone: false }] : []
    case 'image':
      if (!id || action === 'push' || action === 'save' || action === 'prune') return []
      return [{ noun: 'image', id, gone: action === 'delete' }]
    case 'network':
      return networkTouched(action, id, event.Actor.Attributes?.['container'])
    case 'volume':
      if (action === 'create') return [{ noun: 'volume', id, gone: false }]
      return action === 'destroy' ? [{ noun: 'volume', id, gone: true }] : []
    default:
      return []
  }
}

function networkTouched(action: string, id: string, container: string | undefined): Touched[] {
  if (action === 'connect' || action === 'disconnect') return container ? [{ noun: 'container', id: container, gone: false }] : []
  if (action === 'create' || action === 'update') return [{ noun: 'network', id, gone: false }]
  return action === 'destroy' || action === 'remove' ? [{ noun: 'network', id, gone: true }] : []
}

export function momentOf(event: WireEvent): Moment | undefined {
  if (event.Type !== 'container') return undefined
  const kind = event.Action === 'kill' && !leavesRunning(event) ? 'asked' : momentKinds[event.Action]
  return kind && { id: event.Actor.ID, kind, at: momentOfEvent(event) }
}
const momentKinds: Record<string, Moment['kind'] | undefined> = { start: 'started', die: 'finished' }

/** HUP, USR1, USR2, CONT, STOP, TSTP, WINCH tell a program something. A stop ends with KILL (9) where the program does not go by itself. */
const leavesRunning = ({ Actor }: WireEvent) => ['1', '10', '12', '18', '19', '20', '28'].includes(Actor.Attributes?.['signal'] ?? '')

export const momentOfEvent = (event: WireEvent): Timestamp => (event.timeNano ? Math.round(event.timeNano / 1e6) : event.time * 1000)
