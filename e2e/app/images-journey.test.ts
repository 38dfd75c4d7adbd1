import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { startCutProxy, type CutProxy } from '../faults/cut-proxy.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp } from './drivers/launch-app.ts'

/** Images in and out in real Chromium on a real engine: saved, loaded, imported; a pull that hangs is stopped, and goes on where it was. */
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let stage: Stage
let slow: CutProxy
let page: Page
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-images-journey-'))
  lifetime.defer(() => rmSync(folder, { recursive: true, force: true }))
  ;[stage] = await Promise.all([setStage(), buildApp()])
  lifetime.use(stage)
  slow = lifetime.use(await startCutProxy(stage.registry.host))
  const app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: stage.engine.socket }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(() => lifetime.disposeAsync())

const ok = (...args: string[]) => stage.engine.ok(...args)
const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const gone = (locator: Locator) => locator.first().waitFor({ state: 'hidden', timeout: patience })
const names = async () => (await ok('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n')
const loadDialog = () => page.getByRole('dialog', { name: 'Load from a file' })

test('an image is saved to a file, removed, and loaded again as it was', async () => {
  const image = `${stage.web}:1.0`
  const id = await ok('inspect', '-f', '{{.Id}}', image)
  const archive = join(folder, 'web.tar')
  await go('/images')
  await page.getByRole('row', { name: image }).click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Save to a file…' }).click()
  const where = page.getByRole('dialog', { name: 'Save images to a file' })
  await where.getByRole('combobox').fill(archive)
  await where.getByRole('button', { name: 'Save', exact: true }).click()
  await seen(page.getByText(`${image} is saved`))
  expect(readdirSync(folder)).toEqual(['web.tar'])

  await ok('rmi', image)
  await go('/images?load')
  await loadDialog().getByLabel('File', { exact: true }).fill(archive)
  await page.keyboard.press('Enter')
  await seen(page.getByText(`${image} is here`))
  await gone(loadDialog())
  expect(await ok('inspect', '-f', '{{.Id}}', image)).toBe(id)
})

test('the files of a container become an image of one layer; what holds no images says so and offers it', async () => {
  const archive = join(folder, 'exported.tar')
  await ok('create', '--name', 'source', stage.busybox)
  await ok('export', '-o', archive, 'source')
  await ok('rm', 'source')
  await go('/images?load')
  await loadDialog().getByLabel('File', { exact: true }).fill(archive)
  await page.keyboard.press('Enter')
  await loadDialog().getByRole('button', { name: 'Import as files' }).click()
  await loadDialog().getByLabel('Name of the image').fill('team/imported:1')
  await loadDialog().getByRole('button', { name: 'Import', exact: true }).click()
  await seen(page.getByText('team/imported:1 is here'))
  expect(await ok('inspect', '-f', '{{len .RootFS.Layers}}', 'team/imported:1')).toBe('1')
  expect(await ok('run', '--rm', 'team/imported:1', '/bin/echo', 'as', 'before')).toBe('as before')
})

test('what is no archive is told, and nothing came of it', async () => {
  const before = await names()
  const archive = join(folder, 'letter.tar')
  writeFileSync(archive, 'Dear Sir or Madam')
  await go('/images?load')
  await loadDialog().getByLabel('File', { exact: true }).fill(archive)
  await page.keyboard.press('Enter')
  await seen(loadDialog().getByRole('alert'))
  expect(await names()).toEqual(before)
  await loadDialog().getByRole('button', { name: 'Cancel' }).click()
})

test('a pull that hangs is stopped by hand; nothing of it is listed, and the next one ends', async () => {
  await ok('rmi', '-f', stage.busybox, `${stage.web}:1.0`, 'team/imported:1')
  const image = `${slow.host}/busybox:1.0`
  slow.begin(100_000)
  await go('/images?pull')
  const pull = page.getByRole('dialog', { name: 'Pull an image' })
  await pull.getByRole('combobox', { name: 'Image' }).fill(image)
  await page.keyboard.press('Enter')
  await slow.held
  await pull.getByRole('button', { name: 'Stop' }).click()
  await seen(pull.getByRole('button', { name: 'Pull', exact: true }))
  // Neither an error nor an image: it was the user who stopped it.
  expect(await pull.getByRole('alert').count()).toBe(0)
  expect(await ok('images', '-q')).toBe('')

  slow.begin(Infinity)
  await pull.getByRole('button', { name: 'Pull', exact: true }).click()
  await page.waitForURL(/images\/sha256/)
  expect(await ok('run', '--rm', image, 'echo', 'whole')).toBe('whole')
})
