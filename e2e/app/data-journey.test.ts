import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { loadSyscalls } from '../../src/main/engine/core/host/syscalls.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { makeAppRoots, type AppRoots } from '../fixtures/app-roots.ts'
import { run } from '../fixtures/engine.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** The data of the app's own engine is moved in real Chromium: what fails leaves everything as it was, what succeeds is the same elsewhere. */
const patience = 120_000
const lifetime = new AsyncDisposableStack()
const { getXattr, mount, setXattr, unmount } = loadSyscalls()
let roots: AppRoots
let app: RunningApp
let page: Page
let folder: string
let from: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-data-journey-'))
  lifetime.defer(() => rmSync(folder, { recursive: true, force: true }))
  ;[roots] = await Promise.all([makeAppRoots(), buildApp()])
  lifetime.use(roots)
  from = roots.dataRoot
  app = lifetime.use(await launchApp({ shell: 'browser', runRoot: roots.runRoot, settings: { welcomed: true, dataRoot: from } }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
  await fill()
}, 900_000)
afterAll(() => lifetime.disposeAsync())

const ok = (...args: string[]) => roots.ok(...args)
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const dialog = () => page.getByRole('dialog', { name: 'Move the data' })
const inspected = (format: string) => ok('inspect', '-f', format, 'web')
const dataRootOf = () => ok('info', '-f', '{{.DockerRootDir}}')
const volume = () => ok('volume', 'inspect', '-f', '{{.Mountpoint}}', 'kept')

/** A container that runs with something written inside, and a volume with what is easily lost. */
async function fill(): Promise<void> {
  const rootfs = join(folder, 'rootfs')
  mkdirSync(join(rootfs, 'bin'), { recursive: true })
  for (const [program, args] of [['cp', ['/usr/bin/busybox', join(rootfs, 'bin/busybox')]], ['ln', ['-s', 'busybox', join(rootfs, 'bin/sh')]], ['tar', ['-C', rootfs, '-cf', join(folder, 'rootfs.tar'), '.']]] as const) expect((await run(program, [...args])).code).toBe(0)
  await ok('import', '-c', 'CMD ["/bin/busybox","sleep","100000"]', join(folder, 'rootfs.tar'), 'box')
  await ok('volume', 'create', 'kept')
  await ok('run', '-d', '--name', 'web', '--stop-timeout', '1', '-v', 'kept:/kept', 'box')
  await ok('create', '--name', 'never-started', 'box')
  await ok('exec', 'web', '/bin/sh', '-c', 'echo inside > /written; echo volume > /kept/file')
  const place = await volume()
  linkSync(join(place, 'file'), join(place, 'twin'))
  symlinkSync('file', join(place, 'way'))
  setXattr(join(place, 'file'), 'user.colour', Buffer.from('blue'))
  writeFileSync(join(place, 'big'), Buffer.alloc(20_000_000, 'slipway'))
}

async function move(to: string): Promise<void> {
  await go('/settings?moveData')
  await dialog().getByLabel('Into the folder').fill(to)
  await page.keyboard.press('Enter')
}

test('what cannot be is told, and everything is as before', async () => {
  const started = await inspected('{{.State.StartedAt}}')
  await move(join(folder, 'nowhere'))
  await seen(page.getByText('cannot be used'))
  await seen(page.getByText(`Everything is as before, at ${from}`))
  if (process.geteuid?.() === 0) {
    const small = join(folder, 'small')
    mkdirSync(small)
    mount({ source: 'tmpfs', target: small, type: 'tmpfs', data: 'size=4m' })
    try {
      await move(small)
      await seen(page.getByText(`There is no room at ${small}`))
      expect(readdirSync(small)).toEqual([])
    } finally {
      unmount(small)
    }
  }
  // Seen before anything was stopped.
  expect(await inspected('{{.State.Status}} {{.State.StartedAt}}')).toBe(`running ${started}`)

  const taken = join(folder, 'taken')
  mkdirSync(join(taken, 'slipway'), { recursive: true })
  writeFileSync(join(taken, 'slipway', 'mine'), '')
  await move(taken)
  await seen(page.getByText('is there already and is not empty'))
  await expect.poll(() => inspected('{{.State.Status}}'), { timeout: patience }).toBe('running')
  expect([await dataRootOf(), readdirSync(join(taken, 'slipway'))]).toEqual([from, ['mine']])
  expect(await ok('exec', 'web', '/bin/busybox', 'cat', '/written', '/kept/file')).toBe('inside\nvolume')
})

test('moved by keyboard: the same containers, layers and volumes, started again, from another place', async () => {
  const to = join(folder, 'elsewhere', 'slipway')
  mkdirSync(join(folder, 'elsewhere'))
  const before = { id: await inspected('{{.Id}}'), images: await ok('images', '-q', '--no-trunc'), all: await ok('ps', '-aq', '--no-trunc') }
  await move(join(folder, 'elsewhere'))
  await seen(page.getByText('web is stopped meanwhile').or(page.getByText(/^(Stopping containers|Copying|Comparing|Starting the engine there)$/)))
  await seen(page.getByText(`The data is at ${to}`))
  roots.dataRoot = to
  expect(await dataRootOf()).toBe(to)
  expect(await inspected('{{.Id}} {{.State.Status}}')).toBe(`${before.id} running`)
  expect({ images: await ok('images', '-q', '--no-trunc'), all: await ok('ps', '-aq', '--no-trunc') }).toEqual({ images: before.images, all: before.all })
  expect(await ok('inspect', '-f', '{{.State.Status}}', 'never-started')).toBe('created')
  expect(await ok('exec', 'web', '/bin/busybox', 'cat', '/written', '/kept/file')).toBe('inside\nvolume')
  const place = await volume()
  expect(place.startsWith(to)).toBe(true)
  expect([lstatSync(join(place, 'twin')).ino, lstatSync(join(place, 'way')).isSymbolicLink(), Buffer.from(getXattr(join(place, 'file'), 'user.colour') ?? []).toString()]).toEqual([lstatSync(join(place, 'file')).ino, true, 'blue'])
  expect(readFileSync(join(place, 'big')).equals(readFileSync(join(from, 'volumes/kept/_data/big')))).toBe(true)
  expect(JSON.parse(readFileSync(join(app.home, 'settings.json'), 'utf8'))).toMatchObject({ dataRoot: to, formerDataRoots: [from] })
})

test('the old data is offered for removal, and asked about first', async () => {
  await go('/settings')
  await page.getByRole('button', { name: `Remove the old data at ${from}` }).click()
  const question = page.getByRole('dialog', { name: 'Remove the old data?' })
  await seen(question.getByText(from))
  await question.getByRole('button', { name: 'Remove the old data' }).click()
  await page.getByRole('button', { name: `Remove the old data at ${from}` }).waitFor({ state: 'hidden' })
  expect(existsSync(from)).toBe(false)
  expect(await ok('exec', 'web', '/bin/busybox', 'cat', '/kept/file')).toBe('volume')
})

test('the data of a newer Slipway is left as it is; what that means and what to do is said, and where the data is', async () => {
  const [dataRoot, runRoot] = [join(folder, 'newer'), join(folder, 'newer-run')]
  mkdirSync(dataRoot)
  const records = new DatabaseSync(join(dataRoot, 'slipway.db'))
  records.exec('PRAGMA user_version = 99')
  records.close()
  const before = readFileSync(join(dataRoot, 'slipway.db'))
  await using other = await launchApp({ shell: 'browser', runRoot, settings: { welcomed: true, dataRoot } })
  other.page.setDefaultTimeout(patience)
  await seen(other.page.getByText(`The data at ${dataRoot} was written by a newer Slipway, and nothing in it was changed`))
  await seen(other.page.getByText('start this one with --data-root and another folder'))
  await other.page.goto(`${new URL('/', other.page.url()).href}#/settings`)
  await seen(other.page.getByText(dataRoot, { exact: true }))
  await other.page.getByText('Measuring…').waitFor({ state: 'hidden' })
  expect(readFileSync(join(dataRoot, 'slipway.db'))).toEqual(before)
})
