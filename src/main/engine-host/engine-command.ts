import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createLayout } from '../engine/layout.ts'
import { VERSION } from '../engine/version.ts'
import { defaultRoots, defaultSocket } from '../engine/default-roots.ts'
import type { EngineCommand } from './engine-child.ts'
import type { EngineHostOptions } from './engine-host.ts'

export interface EngineRequest {
  /** The folder with package.json. */
  projectRoot: string
  /** Defaults of the engine hold where undefined. */
  /** Asked for at each start: it may have been moved. */
  dataRoot?: () => string | undefined
  runRoot?: string
  socket?: string
  /** Further words for the engine, asked for at each start. */
  words?: () => readonly string[]
}

/** The engine's data, and the program that measures, moves and removes it. */
export interface EngineData {
  dataRoot(): string
  dataCommand(deed: 'measure' | 'move' | 'discard' | 'remove', root: string, ...more: string[]): EngineCommand
}

/** How to start the engine of this project: the built one, else its sources; under Electron by Electron's binary run as Node. */
export function engineHostOptions(request: EngineRequest): Pick<EngineHostOptions, 'command' | 'socketPath' | 'lockFile' | 'version'> & EngineData {
  const defaults = defaultRoots()
  const dataRoot = () => request.dataRoot?.() ?? defaults.dataRoot
  const layout = createLayout(dataRoot(), request.runRoot ?? defaults.runRoot)
  const socketPath = request.socket ?? defaultSocket(layout.runRoot)
  const environment: Record<string, string> = process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }
  const command = (args: readonly string[]): EngineCommand => ({ program: process.execPath, args: [entryOf(request.projectRoot), ...args], environment })
  return {
    socketPath,
    lockFile: layout.runLockFile,
    version: VERSION,
    dataRoot,
    command: () => command(['--data-root', dataRoot(), '--run-root', layout.runRoot, '--socket', socketPath, ...(request.words?.() ?? [])]),
    dataCommand: (deed, root, ...more) => command(['data', deed, '--data-root', root, '--run-root', layout.runRoot, ...more]),
  }
}

function entryOf(projectRoot: string): string {
  const built = join(projectRoot, 'out', 'main', 'engine.js')
  return existsSync(built) ? built : join(projectRoot, 'src', 'main', 'engine', 'main.ts')
}
