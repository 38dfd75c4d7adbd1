import { dirname, join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import { openBuilds } from '../connections/builds/builds.ts'
import { openConnections, type Connections } from '../connections/connections.ts'
import { createEdits, type Edits } from '../connections/edit/edits.ts'
import { createClusterMoves, type ClusterMoves } from '../connections/cluster/move/moves.ts'
import { openJournal } from '../connections/journal.ts'
import { createApplies } from '../connections/kubernetes/apply/applies.ts'
import { createApplication, type Application, type HostedEngine } from './application.ts'
import { finishMove } from './data/move-data.ts'
import { openMoveJournal } from './data/move-journal.ts'
import { externalEngine } from './external-engine.ts'
import { dockerConfigFile } from './registries/docker-config.ts'
import { openRegistryAccounts } from './registries/registry-accounts.ts'
import { openSavedConnections } from './saved-connections.ts'
import { openSecrets, type Seal } from './secrets/secret-store.ts'
import { openSettings, type SettingsStore } from './settings-store.ts'
import type { StartOptions } from './start-options.ts'

/** Starts the engine that the app hosts. @returns where it serves and how it lives. */
export type StartEngine = (options: StartOptions, settings: SettingsStore) => { engine: HostedEngine; socketPath: string }

/** Settings, engine, connections, in this order; disposed in reverse. `seal` is the shell's, where it has one. */
export async function openApplication(options: StartOptions, startEngine: StartEngine, seal?: Seal): Promise<Application & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const settings = await openSettings(options.settingsPath)
  const secrets = openSecrets(join(dirname(options.settingsPath), 'secrets'), seal)
  const accounts = openRegistryAccounts(secrets, dockerConfigFile(process.env))
  const { engine, socketPath } = options.engineSocket ? { engine: externalEngine(options.engineSocket), socketPath: options.engineSocket } : startEngine(options, settings)
  opened.use(engine)
  const connections = opened.use(openConnections([{ id: 'embedded', name: 'Slipway', target: { kind: options.engineSocket ? 'socket' : 'embedded', socketPath } }], { accounts }))
  // The supervisor knows before any delay is over that there is something to connect to.
  const stop = engine.onState((state) => state.status === 'running' && connections.first().retry())
  opened.defer(stop)
  opened.use(openSavedConnections({ settings, secrets, connections }))
  const journalOf = <Record extends { id: string }>(name: string) => openJournal<Record>(join(dirname(options.settingsPath), name))
  const edits = createEdits(journalOf('edits'))
  const clusterMoves = createClusterMoves(journalOf('moves'))
  opened.defer(recoverDeeds({ edits, clusterMoves }, connections))
  const applies = createApplies(journalOf('applies'))
  const builds = opened.use(await openBuilds(join(dirname(options.settingsPath), 'builds')))
  const moves = openMoveJournal(join(dirname(options.settingsPath), 'data-move.json'))
  if (engine.data) void finishMove({ engine, data: engine.data, connection: connections.first(), settings, journal: moves }).catch((error: unknown) => console.error(`A move of the data that was cut off could not be put right: ${messageOf(error)}`))
  const application = opened.use(createApplication({ settings, accounts, secrets, engine, connections, edits, clusterMoves, applies, builds, moves }))
  const lifetime = opened.move()
  return { ...application, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

/** Whenever an engine is met: what an earlier life of the app left half done there is undone or finished. @returns stops looking. */
const recoverDeeds = ({ edits, clusterMoves }: { edits: Edits; clusterMoves: ClusterMoves }, connections: Connections): (() => void) =>
  connections.visit((connection) =>
    connection.onEvent((event) => {
      if (event.type !== 'reset') return
      void edits.recover(connection).catch((error: unknown) => console.error(`An edit that was cut off could not be put right: ${messageOf(error)}`))
      void clusterMoves.recover(connection).catch((error: unknown) => console.error(`A move to a cluster that was cut off could not be taken back: ${messageOf(error)}`))
    }),
  )
