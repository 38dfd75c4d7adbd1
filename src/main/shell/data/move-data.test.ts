import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EngineState } from '#shared/contract/engine.ts'
import { openConnection } from '../../connections/connection.ts'
import { startFakeEngine } from '../../connections/testing/fake-engine.ts'
import { openSettings } from '../settings-store.ts'
import { finishMove, type Move } from './move-data.ts'
import { openMoveJournal } from './move-journal.ts'

/** What an earlier life of the app wrote down before it died, and the data root as the settings have it now. */
async function afterDeath(settingsNow: 'from' | 'to', engineNow: { driver: string; state?: EngineState }) {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-move-'))
  undo.defer(() => rm(folder, { recursive: true }))
  const docker = undo.use(await startFakeEngine())
  docker.routes.set('GET /info', () => ({ Driver: engineNow.driver }))
  const connection = undo.use(openConnection({ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: docker.socketPath } }))
  const settings = await openSettings(join(folder, 'settings.json'))
  const [from, to] = [join(folder, 'from'), join(folder, 'disk/slipway')]
  await settings.set({ dataRoot: settingsNow === 'from' ? from : to })
  const journal = openMoveJournal(join(folder, 'data-move.json'))
  await journal.write({ from, to, before: from, driver: 'overlayfs', running: ['web', 'db'] })
  const deeds: string[] = []
  let state: EngineState = engineNow.state ?? { status: 'running', pid: 1, since: 0 }
  const data: Move['data'] = {
    root: () => settings.get().dataRoot,
    isFixed: false,
    async without(work) {
      deeds.push('without an engine')
      const answer = await work()
      state = { status: 'running', pid: 2, since: 0 }
      return answer
    },
    measure: async () => ({ bytes: 0 }),
    copy: async () => {},
    discard: async (path) => void deeds.push(`discard ${path}`),
    remove: async (path) => void deeds.push(`remove ${path}`),
  }
  const engine: Move['engine'] = { state: () => state, onState: () => () => {}, restart: async () => {}, lines: () => [], data, [Symbol.asyncDispose]: async () => {} }
  for (const id of ['web', 'db']) docker.routes.set(`POST /containers/${id}/start`, () => ({ id, done: deeds.push(`start ${id}`) }))
  const lifetime = undo.move()
  return { move: { engine, connection, settings, data, journal }, settings, journal, deeds, from, to, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}
const sorted = (deeds: string[]) => deeds.toSorted()

test('a copy that was cut off is cleared away, and what was stopped for it runs again', async () => {
  await using cut = await afterDeath('from', { driver: 'overlayfs' })
  await finishMove(cut.move)
  expect(sorted(cut.deeds)).toEqual([`discard ${cut.to}`, 'start db', 'start web'])
  expect(cut.settings.get()).toMatchObject({ dataRoot: cut.from, formerDataRoots: [] })
  // Once: the next start of the app has nothing to do.
  await finishMove(cut.move)
  expect(cut.deeds).toHaveLength(3)
})

test('a whole copy that was never used is for the user to remove', async () => {
  await using cut = await afterDeath('from', { driver: 'overlayfs' })
  await mkdir(cut.to, { recursive: true })
  await writeFile(join(cut.to, 'slipway.db'), '')
  await finishMove(cut.move)
  expect(cut.settings.get()).toMatchObject({ dataRoot: cut.from, formerDataRoots: [cut.to] })
})

test('a place that was switched to is kept once an engine runs there', async () => {
  await using cut = await afterDeath('to', { driver: 'overlayfs' })
  await finishMove(cut.move)
  expect(sorted(cut.deeds)).toEqual(['start db', 'start web'])
  expect(cut.settings.get()).toMatchObject({ dataRoot: cut.to, formerDataRoots: [cut.from] })
  expect(await cut.journal.read()).toBeUndefined()
})

test.each([
  ['does not start', { driver: 'overlayfs', state: { status: 'failed', error: { code: 'failed-precondition', message: 'it broke' } } }],
  ['keeps layers in another way', { driver: 'vfs' }],
] as const)('where the engine %s everything is put back', async (_, engineNow) => {
  await using cut = await afterDeath('to', engineNow)
  await expect(finishMove(cut.move)).rejects.toMatchObject({ code: 'failed-precondition' })
  expect(sorted(cut.deeds)).toEqual([`remove ${cut.to}`, 'start db', 'start web', 'without an engine'])
  expect(cut.settings.get()).toMatchObject({ dataRoot: cut.from, formerDataRoots: [] })
  expect(await cut.journal.read()).toBeUndefined()
})

test('what the command line fixed is left alone', async () => {
  await using cut = await afterDeath('from', { driver: 'overlayfs' })
  await finishMove({ ...cut.move, data: { ...cut.move.data, isFixed: true } })
  expect(cut.deeds).toEqual([])
  expect(await cut.journal.read()).toBeDefined()
})
