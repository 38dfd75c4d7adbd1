import { runDataProgram } from '../engine-host/data-program.ts'
import { startEngineHost, type EngineHost } from '../engine-host/engine-host.ts'
import { engineHostOptions, type EngineData } from '../engine-host/engine-command.ts'
import { engineWords } from './engine-words.ts'
import type { HostedData } from './application.ts'
import type { StartEngine } from './open-application.ts'

const keptLines = 300

/** Starts the engine of this project as a supervised child, or adopts the one that already serves on its socket. */
export const hostedEngineOf =
  (projectRoot: string, log: (line: string) => void): StartEngine =>
  (options, settings) => {
    const { runRoot, socket } = options
    const lines: string[] = []
    const keep = (line: string) => {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
      log(line)
    }
    const made = engineHostOptions({ projectRoot, dataRoot: () => options.dataRoot ?? (settings.get().dataRoot || undefined), runRoot, socket, words: () => engineWords(settings.get()) })
    const host = startEngineHost({ ...made, log: keep })
    return { engine: { state: host.state, onState: (listener) => host.onState(listener), restart: () => host.restart(), lines: () => lines, data: hostedData(host, made, options.dataRoot !== undefined), [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() }, socketPath: host.socketPath }
  }

const hostedData = (host: EngineHost, { dataRoot, dataCommand }: EngineData, isFixed: boolean): HostedData => ({
  root: dataRoot,
  isFixed,
  without: (work) => host.without(work),
  measure: (signal) => runDataProgram(dataCommand('measure', dataRoot()), { signal }),
  copy: (to, operation) => runDataProgram(dataCommand('move', dataRoot(), '--to', to), operation),
  discard: (to, signal) => runDataProgram(dataCommand('discard', dataRoot(), '--to', to), { signal }),
  remove: (path, signal) => runDataProgram(dataCommand('remove', path), { signal }),
})
