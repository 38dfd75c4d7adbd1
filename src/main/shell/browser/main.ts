#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import { hostedEngineOf } from '../hosted-engine.ts'
import type { WindowSession } from '../application.ts'
import { openApplication } from '../open-application.ts'
import { addressAmong } from '../openings.ts'
import { findProjectRoot } from '../project-root.ts'
import { readStartOptions, readStartWords } from '../start-options.ts'
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
  const asked = addressAmong(readStartWords(process.argv.slice(2)))
  const application = opened.use(await openApplication(options, hostedEngineOf(root, console.error)))
  opened.use(
    await startBrowserShell({
      port: options.port,
      rendererRoot: join(root, 'out/renderer'),
      openSession: opening(() => application.openSession(browserDesktop(version)), asked),
      readFile: application.readFile,
      onAddress: (url) => console.log(`Slipway is at ${url}`),
    }),
  )
  await stopped.promise
}

/** The first page shows what the program was started to open. */
function opening(openSession: () => WindowSession, asked: string | undefined): () => WindowSession {
  let address = asked
  return () => {
    const session = openSession()
    if (address !== undefined) session.navigate(address)
    address = undefined
    return session
  }
}

main().catch((error: unknown) => {
  console.error(`slipway: ${messageOf(error)}`)
  process.exitCode = 1
})
