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

/**
 * The items to ask for again because of an event; most events (exec, attach, top, archive, mount…) change nothing that is shown. Podman says `remove` where
 * Docker says `destroy`, names a volume by its name alone, and puts the container first where it joins or leaves a network.
 */
export function touchedBy(event: WireEvent): Touched[] {
  const id = event.Actor.ID
  const action = event.Action.split(':')[0] ?? ''
  switch (event.Type) {
    case 'container':
      return isRemoval(action) ? [{ noun: 'container', id, gone: true }] : containerActions.has(action) ? [{ noun: 'container', id, gone: false }] : []
    case 'image':
      if (!id || action === 'push' || action === 'save' || action === 'prune') return []
      // Podman tells a `delete` of one that has only lost a name: the engine knows whether it is gone.
      return [{ noun: 'image', id, gone: false }]
    case 'network':
      return networkTouched(action, id, event.Actor.Attributes?.['container'])
    case 'volume':
      return volumeTouched(action, id || event.Actor.Attributes?.['name'])
    default:
      return []
  }
}

const isRemoval = (action: string): boolean => action === 'destroy' || action === 'remove'

function volumeTouched(action: string, id: string | undefined): Touched[] {
  if (id === undefined || !(action === 'create' || isRemoval(action))) return []
  return [{ noun: 'volume', id, gone: isRemoval(action) }]
}

function networkTouched(action: string, id: string, container = id): Touched[] {
  if (action === 'connect' || action === 'disconnect') return [{ noun: 'container', id: container, gone: false }]
  if (action === 'create' || action === 'update') return [{ noun: 'network', id, gone: false }]
  return isRemoval(action) ? [{ noun: 'network', id, gone: true }] : []
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
