import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { openConnection, type Connection } from '../../../connection.ts'
import { memoryJournal } from '../../../journal.ts'
import { Refusal, startFakeEngine, type FakeEngine } from '../../../testing/fake-engine.ts'
import { createApplies, type ApplyCalls } from '../applies.ts'
import type { ApplyRecord } from '../apply-record.ts'
import { startFakeApiServer, type FakeApiServer } from './fake-api-server.ts'

export interface ApplyLab {
  server: FakeApiServer
  engine: FakeEngine
  connection: Connection
  calls: ApplyCalls
  journal: ReturnType<typeof memoryJournal<ApplyRecord>>
}

/** A cluster that the kubeconfig leads to by a token, an engine, and the app's calls, until the test is over. `slipway`: the engine is ours. */
export async function startApply({ slipway = false } = {}): Promise<ApplyLab> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kubeconfig-'))
  const server = await startFakeApiServer({ tokens: { hush: 'ada' } })
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, JSON.stringify({ clusters: [{ name: 'lab', cluster: { server: server.url } }], users: [{ name: 'ada', user: { token: 'hush' } }], contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'ada' } }], 'current-context': 'lab' }))
  vi.stubEnv('KUBECONFIG', kubeconfig)
  const engine = await startFakeEngine()
  if (slipway) engine.routes.set('GET /slipway/host', () => ({ rootless: false, checks: [] }))
  engine.routes.set('GET /images/*/json', () => new Refusal(404, 'no such image'))
  const connection = openConnection({ id: 'here', name: 'here', target: { kind: 'socket', socketPath: engine.socketPath } })
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    for (const each of [connection, engine, server]) await each[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })
  await connection.ready(new AbortController().signal)
  const journal = memoryJournal<ApplyRecord>()
  return { server, engine, connection, journal, calls: createApplies(journal).of(connection) }
}
