import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openConnections } from '../connections/connections.ts'
import { startFakeEngine, wireContainer } from '../connections/testing/fake-engine.ts'
import { openSavedConnections, savedConnectionsCalls } from './saved-connections.ts'
import { openSecrets } from './secrets/secret-store.ts'
import { createSelection } from './selection.ts'
import { openSettings } from './settings-store.ts'

const context = { signal: new AbortController().signal, progress: () => {} }

async function open() {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-saved-'))
  undo.defer(() => rm(folder, { recursive: true }))
  const [own, other] = [undo.use(await startFakeEngine()), undo.use(await startFakeEngine())]
  other.containers.set('db', wireContainer('db'))
  const connections = undo.use(openConnections([{ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: own.socketPath } }]))
  const parts = { settings: await openSettings(join(folder, 'settings.json')), secrets: openSecrets(join(folder, 'secrets')), connections }
  undo.use(openSavedConnections(parts))
  const lifetime = undo.move()
  return { ...parts, parts, folder, other, calls: savedConnectionsCalls(parts), [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}
const draft = (socketPath: string, name = 'Lab') => ({ name, target: { kind: 'socket' as const, socketPath } })

test('what is added is connected to, in its place, and is there again in the next life of the app', async () => {
  await using app = await open()
  const lab = await app.calls.add({ ...draft(app.other.socketPath, ' Lab '), colour: 3 }, context)
  await app.connections.get(lab.id).ready(context.signal)
  const second = await app.calls.add(draft('/nowhere', 'Old'), context)
  expect(app.connections.list()).toMatchObject([{ id: 'embedded', place: 0 }, { name: 'Lab', colour: 3, place: 1, state: { status: 'ready' } }, { name: 'Old', place: 2 }])
  await app.calls.move({ id: second.id, place: 1 }, context)
  expect(app.connections.list().map(({ name }) => name)).toEqual(['Slipway', 'Old', 'Lab'])

  await using again = openConnections([{ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: '/nowhere' } }])
  using _ = openSavedConnections({ ...app.parts, settings: await openSettings(join(app.folder, 'settings.json')), connections: again })
  expect(again.list().map(({ name }) => name)).toEqual(['Slipway', 'Old', 'Lab'])
})

test('of changes made at once none is lost', async () => {
  await using app = await open()
  const { id } = await app.calls.add({ ...draft('/nowhere', 'First'), secrets: { password: 'hunter2' } }, context)
  const names = ['Lab', 'Attic', 'Cellar', 'Shed']
  await Promise.all([
    ...names.map((name) => app.calls.add(draft(`/nowhere/${name}`, name), context)),
    app.calls.change({ id, ...draft('/nowhere', 'Renamed'), secrets: { passphrase: 'phrase' } }, context),
    app.calls.change({ id, ...draft('/nowhere', 'Renamed'), secrets: { password: 'hunter3' } }, context),
  ])
  expect(app.connections.list().map(({ name }) => name).toSorted()).toEqual(['Attic', 'Cellar', 'Lab', 'Renamed', 'Shed', 'Slipway'])
  expect((await app.calls.saved({ id }, context)).secrets).toEqual(['password', 'passphrase'])
  const others = app.connections.list().filter(({ name }) => names.includes(name))
  await Promise.all([...others.map((other) => app.calls.remove({ id: other.id }, context)), app.calls.move({ id, place: 1 }, context)])
  expect(app.connections.list().map(({ name }) => name)).toEqual(['Slipway', 'Renamed'])
})

test('a new name costs no contact, a new target does', async () => {
  await using app = await open()
  const { id } = await app.calls.add(draft(app.other.socketPath), context)
  const before = app.connections.get(id)
  await app.calls.change({ id, ...draft(app.other.socketPath, 'Attic'), colour: 1 }, context)
  expect(app.connections.get(id)).toBe(before)
  expect(before.summary()).toMatchObject({ name: 'Attic', colour: 1 })
  await app.calls.change({ id, ...draft('/nowhere', 'Attic') }, context)
  expect(app.connections.get(id)).not.toBe(before)
  expect(app.connections.get(id).summary()).toMatchObject({ name: 'Attic', target: { socketPath: '/nowhere' } })
  await expect(app.calls.change({ id, ...draft('/nowhere', '  ') }, context)).rejects.toMatchObject({ field: 'name' })
})

test('a window that shows what is removed goes to the app’s own engine', async () => {
  await using app = await open()
  const { id } = await app.calls.add(draft(app.other.socketPath), context)
  await app.connections.get(id).ready(context.signal)
  const reset = vi.fn()
  const selection = createSelection(app.connections, { emit: () => {}, reset })
  const stop = selection.listen()
  selection.select(id)
  expect(selection.current().mirror.items().containers).toHaveLength(1)
  await app.calls.change({ id, ...draft('/nowhere') }, context)
  expect(selection.current().summary()).toMatchObject({ id, target: { socketPath: '/nowhere' } })
  await app.calls.remove({ id }, context)
  expect(selection.current().id).toBe('embedded')
  expect(reset).toHaveBeenCalledTimes(3)
  expect(app.connections.find(id)).toBeUndefined()
  stop()
})

test('secrets are kept apart, replaced one by one, never told, and go with their connection', async () => {
  await using app = await open()
  const { id } = await app.calls.add({ ...draft('/nowhere'), secrets: { password: 'hunter2', passphrase: 'phrase' } }, context)
  expect(await app.calls.saved({ id }, context)).toMatchObject({ name: 'Lab', secrets: ['password', 'passphrase'] })
  expect(JSON.stringify(await app.calls.saved({ id }, context))).not.toMatch(/hunter2|"phrase"/)
  await app.calls.change({ id, ...draft('/nowhere'), secrets: { password: '' } }, context)
  expect((await app.calls.saved({ id }, context)).secrets).toEqual(['passphrase'])
  expect(await readFile(join(app.folder, 'settings.json'), 'utf8')).not.toContain('phrase')
  await app.calls.remove({ id }, context)
  expect(await readdir(join(app.folder, 'secrets'))).toEqual([])
})

test('a trial keeps nothing and says who answered', async () => {
  await using app = await open()
  expect(await app.calls.test({ target: draft(app.other.socketPath).target }, context)).toMatchObject({ kind: 'ready', facts: { product: 'Docker' } })
  await expect(app.calls.test({ target: { kind: 'socket', socketPath: '/nowhere' } }, context)).rejects.toMatchObject({ code: 'unavailable' })
  expect(app.connections.list()).toHaveLength(1)
  await expect(app.calls.remove({ id: 'embedded' }, context)).rejects.toMatchObject({ code: 'not-found' })
})
