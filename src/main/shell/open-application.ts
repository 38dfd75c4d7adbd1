import { openConnections } from '../connections/connections.ts'
import { createApplication, type Application, type HostedEngine } from './application.ts'
import { externalEngine } from './external-engine.ts'
import { openSettings, type SettingsStore } from './settings-store.ts'
import type { StartOptions } from './start-options.ts'

/** Starts the engine that the app hosts. @returns where it serves and how it lives. */
export type StartEngine = (options: StartOptions, settings: SettingsStore) => { engine: HostedEngine; socketPath: string }

/** Settings, engine, connections, in this order; disposed in reverse. */
export async function openApplication(options: StartOptions, startEngine: StartEngine): Promise<Application & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const settings = await openSettings(options.settingsPath)
  const { engine, socketPath } = options.engineSocket ? { engine: externalEngine(options.engineSocket), socketPath: options.engineSocket } : startEngine(options, settings)
  opened.use(engine)
  const connections = opened.use(openConnections([{ id: 'embedded', name: 'Slipway', target: { kind: options.engineSocket ? 'socket' : 'embedded', socketPath } }]))
  // The supervisor knows before any delay is over that there is something to connect to.
  const stop = engine.onState((state) => state.status === 'running' && connections.first().retry())
  opened.defer(stop)
  const lifetime = opened.move()
  return { ...createApplication({ settings, engine, connections }), [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}
