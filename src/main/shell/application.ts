/**
 * The application without its shell: settings, the engine it hosts, the engines it is connected to. A shell (electron/ or browser/)
 * adds a `Desktop`, what only it can do, and opens a **session** for every window it shows.
 */
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { ConnectionId, ConnectionState } from '#shared/contract/connections.ts'
import type { ContainerId, ContainerSummary } from '#shared/contract/containers.ts'
import type { EngineState } from '#shared/contract/engine.ts'
import type { AppCommand, EngineEvent, Snapshot } from '#shared/contract/events.ts'
import type { ReadMessage, ReadRequest } from '#shared/contract/files.ts'
import type { ContainerNotice } from '#shared/contract/notices.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connections/connection.ts'
import type { Connections } from '../connections/connections.ts'
import type { Builds } from '../connections/builds/builds.ts'
import type { RegistryAccounts } from '../connections/registries/accounts.ts'
import type { ClusterMoves } from '../connections/cluster/move/moves.ts'
import type { Edits } from '../connections/edit/edits.ts'
import { readFile } from '../connections/files/files.ts'
import { isLifted } from '../connections/files/lift.ts'
import type { Applies } from '../connections/kubernetes/apply/applies.ts'
import type { CallContext, Session } from '../ipc/serve.ts'
import { createBackground, type Background } from './background.ts'
import { connectionCalls } from './connection-calls.ts'
import { connectionStreams } from './connection-streams.ts'
import { dataCalls } from './data/data-calls.ts'
import type { MoveJournal } from './data/move-journal.ts'
import { collectDiagnostics } from './diagnostics/collect.ts'
import { savedConnectionsCalls } from './saved-connections.ts'
import { createSelection, type Selection } from './selection.ts'
import type { SecretStore } from './secrets/secret-store.ts'
import type { SettingsStore } from './settings-store.ts'
import type { Updates } from './updates/updates.ts'

/** What the application needs of the engine it hosts (engine-host/), or of the socket it was given instead. */
export interface HostedEngine extends AsyncDisposable {
  state(): EngineState
  onState(listener: (state: EngineState) => void): () => void
  /** @throws failed-precondition when the engine is not ours to restart. */
  restart(): Promise<void>
  /** The last lines it said on standard error. */
  lines(): readonly string[]
  /** Undefined for an engine that is not ours. */
  data?: HostedData
}

/** Images, containers and volumes of the hosted engine, as a whole. */
export interface HostedData {
  root(): string
  /** The command line says where it is. */
  isFixed: boolean
  /** While the engine does not run. It is started again whatever comes of the work. */
  without<Answer>(work: () => Promise<Answer>): Promise<Answer>
  measure(signal: AbortSignal): Promise<{ bytes: number }>
  /** A verified copy, all or nothing; only while the engine does not run. */
  copy(to: string, operation: { signal: AbortSignal; tell(step: { step: 'measuring' | 'copying' | 'verifying'; current: number; total: number }): void }): Promise<unknown>
  /** What a copy to that place that was cut off left beside it. */
  discard(to: string, signal: AbortSignal): Promise<unknown>
  /** Of a place that no engine uses. */
  remove(path: string, signal: AbortSignal): Promise<unknown>
}

/** What the shell can do for its windows. */
export type Desktop = Implementation<Pick<Contract, 'app'>, CallContext> & { updates: Updates }

export interface Application {
  openSession(desktop: Desktop): WindowSession
  settings: SettingsStore
  /** News of containers, of the kinds that are wanted. */
  onNotice(listener: (notice: ContainerNotice) => void): () => void
  /** Something of `overview` may have changed. */
  onChange(listener: () => void): void
  /** What can be told without a window. */
  overview(): { status: ConnectionState['status']; containers: ContainerSummary[] }
  act(verb: 'stop' | 'restart', id: ContainerId): Promise<void>
  restartEngine(): Promise<void>
  /** A file of that engine, for a shell that gives it to others than its pages. @throws not-found */
  readFile(connection: ConnectionId, request: ReadRequest, signal: AbortSignal): AsyncGenerator<ReadMessage>
}
export interface WindowSession extends Session {
  /** Tells the page that a menu, a tray entry or a link asks for something. */
  command(command: AppCommand): void
  /** The page goes to that address of its own, now or as soon as it listens. */
  navigate(path: string): void
}

export interface ApplicationParts {
  settings: SettingsStore
  /** At registries. */
  accounts: RegistryAccounts
  secrets: SecretStore
  engine: HostedEngine
  connections: Connections
  edits: Edits
  clusterMoves: ClusterMoves
  /** Of manifests, to Kubernetes. */
  applies: Applies
  builds: Builds
  /** Of moves of the hosted engine's data. */
  moves: MoveJournal
}

export function createApplication(parts: ApplicationParts): Application & Disposable {
  const background = createBackground(parts)
  return { ...background, settings: parts.settings, openSession: (desktop) => openSession(parts, desktop, background), readFile: (connection, request, signal) => readFile(parts.connections.get(connection), request, signal) }
}

/** One window: the engine it looks at, and everything it hears. */
function openSession({ settings, accounts, secrets, engine, connections, edits, clusterMoves, applies, builds, moves }: ApplicationParts, desktop: Desktop, background: Pick<Background, 'onNotice'>): WindowSession {
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
    update: desktop.updates.state(),
  })
  const sources = () => [
    selection.listen(),
    connections.onChange((change) => {
      if (change.kind === 'changed') emit({ type: 'connection.changed', connection: change.summary })
      if (change.kind === 'closed') emit({ type: 'connection.removed', id: change.id })
    }),
    engine.onState((state) => emit({ type: 'engine.state', state })),
    builds.onEvent(emit),
    background.onNotice((notice) => emit({ type: 'notice', notice })),
    settings.onChange((changed) => emit({ type: 'settings.changed', settings: changed })),
    desktop.updates.onState((state) => emit({ type: 'update.changed', state })),
  ]
  let stops: (() => void)[] = []
  const waiting: string[] = []

  return {
    snapshot,
    implementation: Object.assign(connectionCalls(current, { accounts, applies, builds, clusterMoves, connections, edits }), {
      app: { ...desktop.app, startDrag: (request: { paths: string[] }, context: CallContext) => startDrag(desktop, request, context) },
      engine: engineCalls(engine, current, async () => collectDiagnostics({ version: (await desktop.app.facts(undefined, quietly)).version, settings: settings.get(), engine: engine.state(), engineLines: engine.lines(), connection: current() })),
      connections: { ...connectionsCalls(connections, selection), ...savedConnectionsCalls({ settings, secrets, connections }) },
      data: dataCalls({ engine, connection: connections.first(), settings, journal: moves }),
      settings: settingsCalls(settings),
      updates: updatesCalls(desktop.updates),
    }),
    on: (id) => connectionCalls(() => connections.get(id), { accounts, applies, builds, clusterMoves, connections, edits }),
    streams: connectionStreams(current, builds, connections),
    onEvent(listener) {
      if (listeners.size === 0) stops = sources()
      listeners.add(listener)
      // Whoever listens has been told everything first.
      setImmediate(() => waiting.splice(0).forEach((path) => emit({ type: 'navigate', path })))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stops.splice(0).forEach((stop) => stop())
      }
    },
    command: (command) => emit({ type: 'command', command }),
    navigate: (path) => (listeners.size === 0 ? void waiting.push(path) : emit({ type: 'navigate', path })),
  }
}

/** For a call of our own that nobody cancels or watches. */
const quietly: CallContext = { signal: new AbortController().signal, progress: () => {} }

function engineCalls(engine: HostedEngine, current: () => Connection, diagnostics: () => Promise<string>): Implementation<Contract, CallContext>['engine'] {
  return {
    state: async () => engine.state(),
    restart: () => engine.restart(),
    diagnostics,
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

/** A page may have the desktop carry only what it was given for that. */
async function startDrag(desktop: Desktop, request: { paths: string[] }, context: CallContext): Promise<void> {
  if (!request.paths.every(isLifted)) throw new EngineError('forbidden', 'Only files that were fetched for it can be dragged.', { reason: 'not-lifted' })
  await desktop.app.startDrag(request, context)
}

const connectionsCalls = (connections: Connections, selection: Selection): Pick<Implementation<Contract, CallContext>['connections'], 'list' | 'select' | 'retry'> => ({
  list: async () => connections.list(),
  select: async ({ id }) => selection.select(id),
  retry: async ({ id }) => connections.get(id).retry(),
})

const settingsCalls = (settings: SettingsStore): Implementation<Contract, CallContext>['settings'] => ({ get: async () => settings.get(), set: (changes) => settings.set(changes) })

const updatesCalls = (updates: Updates): Implementation<Contract, CallContext>['updates'] => ({ state: async () => updates.state(), check: () => updates.check(), download: () => updates.download(), cancel: async () => updates.cancel(), install: () => updates.install() })
