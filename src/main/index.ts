import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startElectronShell } from './shell/electron/start.ts'
import { startHostedEngine } from './shell/hosted-engine.ts'
import { openApplication } from './shell/open-application.ts'
import { findProjectRoot } from './shell/project-root.ts'
import { readStartOptions } from './shell/start-options.ts'

/** The desktop application. */
const options = readStartOptions(process.argv.slice(1), process.env)
startElectronShell({
  projectRoot: findProjectRoot(dirname(fileURLToPath(import.meta.url))),
  openApplication: () => openApplication(options, startHostedEngine),
})
