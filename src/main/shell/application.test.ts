import { openBuilds } from '../connections/builds/builds.ts'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { EngineEvent } from '#shared/contract/events.ts'
import { createEdits } from '../connections/edit/edits.ts'
import { createClusterMoves } from '../connections/cluster/move/moves.ts'
import { memoryJournal } from '../connections/journal.ts'
import { createApplies } from '../connections/kubernetes/apply/applies.ts'
import { openConnections } from '../connections/connections.ts'
import { startFakeEngine, wireContainer } from '../connections/testing/fake-engine.ts'
import { createApplication, type Desktop } from './application.ts'
import { externalEngine } from './external-engine.ts'
import { openMoveJournal } from './data/move-journal.ts'
import { openSecrets } from './secrets/secret-store.ts'
import { openRegistryAccounts } from './registries/registry-accounts.ts'
import { openSettings } from './settings-store.ts'
import { readStartOptions } from './start-options.ts'
import { updatesElsewhere } from './updates/updates.ts'

const desktop = { app: {}, updates: updatesElsewhere('server') } as Desktop
const context = { signal: new AbortController().signal, progress: () => {} }

async function openTwo() {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-app-'))
  undo.defer(() => rm(folder, { recursive: true }))
  const here = undo.use(await startFakeEngine())
  const there = undo.use(await startFakeEngine())
  here.containers.set('web', wireContainer('web'))
  there.containers.set('db', wireContainer('db'))
  const target = (socketPath: string) => ({ kind: 'socket' as const, socketPath })
  const connections = undo.use(openConnections([{ id: 'here', name: 'Here', target: target(here.socketPath) }, { id: 'there', name: 'There', target: target(there.socketPath) }]))
  await Promise.all([connections.get('here').ready(context.signal), connections.get('there').ready(context.signal)])
  const secrets = openSecrets(join(folder, 'secrets'))
  const application = createApplication({ secrets, settings: await openSettings(join(folder, 'settings.json')), accounts: openRegistryAccounts(secrets, join(folder, 'docker.json')), engine: externalEngine(here.socketPath), connections, edits: createEdits(memoryJournal()), clusterMoves: createClusterMoves(memoryJournal()), applies: createApplies(memoryJournal()), builds: await openBuilds(join(folder, 'builds')), moves: openMoveJournal(join(folder, 'data-move.json')) })
  const lifetime = undo.move()
  return { application, here, there, folder, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

test('a window sees one engine, and another from the moment it is chosen', async () => {
  await using two = await openTwo()
  const session = two.application.openSession(desktop)
  const heard: EngineEvent[] = []
  session.onEvent((event) => heard.push(event))
  expect(session.snapshot()).toMatchObject({ connection: 'here', connections: [{ id: 'here' }, { id: 'there' }], containers: [{ id: 'web' }], engine: { status: 'external' } })

  await session.implementation.connections.select({ id: 'there' }, context)
  expect(heard).toMatchObject([{ type: 'snapshot', snapshot: { connection: 'there', containers: [{ id: 'db' }] } }])
  expect(await session.implementation.containers.list(undefined as never, context)).toMatchObject([{ id: 'db' }])

  two.here.containers.delete('web')
  two.here.emit({ Type: 'container', Action: 'destroy', Actor: { ID: 'web' } })
  two.there.emit({ Type: 'container', Action: 'destroy', Actor: { ID: 'db' } })
  await vi.waitFor(() => expect(heard.at(-1)).toEqual({ type: 'container.removed', id: 'db' }))
  expect(heard).toHaveLength(2)
})

test('two windows choose each for itself, and both hear of settings', async () => {
  await using two = await openTwo()
  const [first, second] = [two.application.openSession(desktop), two.application.openSession(desktop)]
  const heard: EngineEvent[] = []
  const stop = second.onEvent((event) => heard.push(event))
  await first.implementation.connections.select({ id: 'there' }, context)
  expect(second.snapshot().connection).toBe('here')
  await first.implementation.settings.set({ language: 'fr' }, context)
  expect(heard).toMatchObject([{ type: 'settings.changed', settings: { language: 'fr', appearance: 'system' } }])
  stop()
  await first.implementation.settings.set({ language: 'en' }, context)
  expect(heard).toHaveLength(1)
})

test('settings are durable, keep what they do not know, and survive nonsense', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-settings-'))
  const path = join(folder, 'deep/settings.json')
  const settings = await openSettings(path)
  await Promise.all([settings.set({ language: 'fr' }), settings.set({ appearance: 'dark' })])
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), language: 'klingon', future: 1 }))
  const again = await openSettings(path)
  expect(again.get()).toMatchObject({ language: 'system', appearance: 'dark' })
  await again.set({ welcomed: true })
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ future: 1, welcomed: true })
  await writeFile(path, '{ half')
  expect((await openSettings(path)).get().appearance).toBe('system')
  await rm(folder, { recursive: true })
})

test('the command line: what is ours is read, what is Chromium’s is left alone', () => {
  const read = (...args: string[]) => readStartOptions(args, { XDG_CONFIG_HOME: '/cfg' })
  expect(read('.', '--no-sandbox', '--port', '8090', '--engine-socket=/e.sock', '--remote-debugging-port=0')).toEqual({
    engineSocket: '/e.sock',
    socket: undefined,
    dataRoot: undefined,
    runRoot: undefined,
    port: 8090,
    settingsPath: '/cfg/slipway/settings.json',
  })
  expect(() => read('--port', 'http')).toThrow('--port http is not a port.')
  expect(() => read('--data-root')).toThrow('--data-root needs a value.')
})
