import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keyStore } from './shell/electron/seal.ts'
import { startElectronShell } from './shell/electron/start.ts'
import { hostedEngineOf } from './shell/hosted-engine.ts'
import { openApplication } from './shell/open-application.ts'
import { findProjectRoot } from './shell/project-root.ts'
import { readStartOptions } from './shell/start-options.ts'

/** The desktop application. */
const options = readStartOptions(process.argv.slice(1), process.env)
const projectRoot = findProjectRoot(dirname(fileURLToPath(import.meta.url)))
startElectronShell({ projectRoot, openApplication: () => openApplication(options, hostedEngineOf(projectRoot, console.error), keyStore) })
