#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import { hostedEngineOf } from '../hosted-engine.ts'
import { openApplication } from '../open-application.ts'
import { findProjectRoot } from '../project-root.ts'
import { readStartOptions } from '../start-options.ts'
import { browserDesktop } from './desktop.ts'
import { startBrowserShell } from './server.ts'

/** The application in a browser: serves until it is told to stop. */
async function main(): Promise<void> {
  const options = readStartOptions(process.argv.slice(2), process.env)
  const root = findProjectRoot(import.meta.dirname)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const stopped = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.resolve())

  await using opened = new AsyncDisposableStack()
  const application = opened.use(await openApplication(options, hostedEngineOf(root, console.error)))
  opened.use(
    await startBrowserShell({
      port: options.port,
      rendererRoot: join(root, 'out/renderer'),
      openSession: () => application.openSession(browserDesktop(version)),
      onAddress: (url) => console.log(`Slipway is at ${url}`),
    }),
  )
  await stopped.promise
}

main().catch((error: unknown) => {
  console.error(`slipway: ${messageOf(error)}`)
  process.exitCode = 1
})
