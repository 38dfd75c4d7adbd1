import { startEngineHost } from '../engine-host/engine-host.ts'
import { engineHostOptions } from '../engine-host/engine-command.ts'
import type { StartEngine } from './open-application.ts'

/** Starts the engine of this project as a supervised child, or adopts the one that already serves on its socket. */
export const hostedEngineOf =
  (projectRoot: string, log: (line: string) => void): StartEngine =>
  (options, settings) => {
    const { dataRoot, runRoot, socket } = options
    const host = startEngineHost({ ...engineHostOptions({ projectRoot, dataRoot, runRoot, socket, registryMirrors: settings.get().registryMirrors }), log })
    return { engine: host, socketPath: host.socketPath }
  }
