import { startEngineHost } from '../engine-host/engine-host.ts'
import { engineHostOptions } from '../engine-host/engine-command.ts'
import { engineWords } from './engine-words.ts'
import type { StartEngine } from './open-application.ts'

const keptLines = 300

/** Starts the engine of this project as a supervised child, or adopts the one that already serves on its socket. */
export const hostedEngineOf =
  (projectRoot: string, log: (line: string) => void): StartEngine =>
  (options, settings) => {
    const { dataRoot, runRoot, socket } = options
    const lines: string[] = []
    const keep = (line: string) => {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
      log(line)
    }
    const host = startEngineHost({ ...engineHostOptions({ projectRoot, dataRoot, runRoot, socket, words: () => engineWords(settings.get()) }), log: keep })
    return { engine: { state: host.state, onState: (listener) => host.onState(listener), restart: () => host.restart(), lines: () => lines, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() }, socketPath: host.socketPath }
  }
