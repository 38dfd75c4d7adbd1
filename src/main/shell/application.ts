/**
 * The application without its shell: settings, the engine it hosts, the engines it is connected to. A shell (electron/ or browser/)
 * adds a `Desktop`, what only it can do, and opens a **session** for every window it shows.
 */
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { EngineState } from '#shared/contract/engine.ts'
import type { AppCommand, EngineEvent, Snapshot } from '#shared/contract/events.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connections/connection.ts'
import type { Connections } from '../connections/connections.ts'
import type { Builds } from '../connections/builds/builds.ts'
import type { Edits } from '../connections/edit/edits.ts'
import type { CallContext, Session } from '../ipc/serve.ts'
import { connectionCalls } from './connection-calls.ts'
import { connectionStreams } from './connection-streams.ts'
import { createSelection, type Selection } from './selection.ts'
import type { SettingsStore } from './settings-store.ts'

/** What the application needs of the engine it hosts (engine-host/), or of the socket it was given instead. */
export interface HostedEngine extends AsyncDisposable {
  state(): EngineState
  onState(listener: (state: EngineState) => void): () => void
  /** @throws failed-precondition when the engine is not ours to restart. */
  restart(): Promise<void>
}

/** What the shell can do for its windows. */
export type Desktop = Implementation<Pick<Contract, 'app'>, CallContext>

export interface Application {
  openSession(desktop: Desktop): WindowSession
  settings: SettingsStore
}
export interface WindowSession extends Session {
  /** Tells the page that a menu, a tray entry or a link asks for something. */
  command(command: AppCommand): void
}

export interface ApplicationParts {
  settings: SettingsStore
  engine: HostedEngine
  connections: Connections
  edits: Edits
  builds: Builds
}

export function createApplication(parts: ApplicationParts): Application {
  return { settings: parts.settings, openSession: (desktop) => openSession(parts, desktop) }
}

/** One window: the engine it looks at, and everything it hears. */
function openSession({ settings, engine, connections, edits, builds }: ApplicationParts, desktop: Desktop): WindowSession {
  const listeners = new Set<(event: EngineEvent) => void>()
  const emit = (event: EngineEvent) => listeners.forEach((listener) => listener(event))
  const selection = createSelection(connections, { emit, reset: () => emit({ type: 'snapshot', snapshot: snapshot() }) })
  const current = () => selection.current()

  const snapshot = (): Snapshot => ({
    connection: current().id,
    connections: connections.list(),
    engine: engine.state(),
    settings: settings.get(),
    ...current().mirror.items(),
    builds: builds.list(),
  })
  const sources = () => [
    selection.listen(),
    connections.onChange((connection) => emit({ type: 'connection.changed', connection })),
    engine.onState((state) => emit({ type: 'engine.state', state })),
    builds.onEvent(emit),
    settings.onChange((changed) => emit({ type: 'settings.changed', settings: changed })),
  ]
  let stops: (() => void)[] = []

  return {
    snapshot,
    implementation: Object.assign(connectionCalls(current, { builds, edits }), {
      app: desktop.app,
      engine: engineCalls(engine, current),
      connections: connectionsCalls(connections, selection),
      settings: settingsCalls(settings),
    }),
    streams: connectionStreams(current, builds),
    onEvent(listener) {
      if (listeners.size === 0) stops = sources()
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stops.splice(0).forEach((stop) => stop())
      }
    },
    command: (command) => emit({ type: 'command', command }),
  }
}

function engineCalls(engine: HostedEngine, current: () => Connection): Implementation<Contract, CallContext>['engine'] {
  return {
    state: async () => engine.state(),
    restart: () => engine.restart(),
    async host() {
      const { hostFacts } = current()
      if (hostFacts) return hostFacts
      if (current().summary().state.status === 'ready') throw new EngineError('not-implemented', 'This engine does not tell about its host.')
      throw new EngineError('unavailable', 'The engine cannot be reached yet.')
    },
    async facts() {
      const { state } = current().summary()
      if (state.status === 'ready') return state.facts
      throw new EngineError('unavailable', 'The engine cannot be reached yet.')
    },
  }
}

const connectionsCalls = (connections: Connections, selection: Selection): Implementation<Contract, CallContext>['connections'] => ({
  list: async () => connections.list(),
  select: async ({ id }) => selection.select(id),
  retry: async ({ id }) => connections.get(id).retry(),
})

const settingsCalls = (settings: SettingsStore): Implementation<Contract, CallContext>['settings'] => ({ get: async () => settings.get(), set: (changes) => settings.set(changes) })
