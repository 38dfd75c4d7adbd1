import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createLayout } from '../engine/layout.ts'
import { defaultRoots, defaultSocket } from '../engine/default-roots.ts'
import type { EngineCommand } from './engine-child.ts'
import type { EngineHostOptions } from './engine-host.ts'

export interface EngineRequest {
  /** The folder with package.json. */
  projectRoot: string
  /** Defaults of the engine hold where undefined. */
  dataRoot?: string
  runRoot?: string
  socket?: string
  /** Further words for the engine, asked for at each start. */
  words?: () => readonly string[]
}

/** How to start the engine of this project: the built one, else its sources; under Electron by Electron's binary run as Node. */
export function engineHostOptions(request: EngineRequest): Pick<EngineHostOptions, 'command' | 'socketPath' | 'lockFile'> {
  const defaults = defaultRoots()
  const layout = createLayout(request.dataRoot ?? defaults.dataRoot, request.runRoot ?? defaults.runRoot)
  const socketPath = request.socket ?? defaultSocket(layout.runRoot)
  const roots = ['--data-root', layout.dataRoot, '--run-root', layout.runRoot, '--socket', socketPath]
  return {
    socketPath,
    lockFile: layout.runLockFile,
    command: (): EngineCommand => ({
      program: process.execPath,
      args: [entryOf(request.projectRoot), ...roots, ...(request.words?.() ?? [])],
      environment: process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' },
    }),
  }
}

function entryOf(projectRoot: string): string {
  const built = join(projectRoot, 'out', 'main', 'engine.js')
  return existsSync(built) ? built : join(projectRoot, 'src', 'main', 'engine', 'main.ts')
}
