import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { makeAppRoots, type AppRoots } from '../fixtures/app-roots.ts'
import { buildLayer, busyboxLayer, writeLayout } from '../fixtures/images.ts'
import { startTestRegistry } from '../fixtures/registry.ts'
import { launchApp } from './drivers/launch-app.ts'

/** A folder becomes an image, fails at a line, is mended, is looked into and cleaned away: by the page, held against the docker client. */
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let roots: AppRoots
let page: Page
let folder: string
let base: string

beforeAll(async () => {
  await buildApp()
  folder = await mkdtemp(join(tmpdir(), 'slipway-build-'))
  lifetime.defer(() => rm(folder, { recursive: true, force: true }))
  const registry = lifetime.use(await startTestRegistry())
  const layout = join(folder, 'layout')
  await writeLayout(layout, [await busyboxLayer(), await buildLayer((archive) => void archive.entry({ name: 'etc/note', mtime: new Date(0) }, 'first'))], { Cmd: ['sh'], Env: ['PATH=/bin'] })
  await registry.push(layout, 'x', 'base:1')
  base = `${registry.host}/base:1`
  roots = lifetime.use(await makeAppRoots())
  const app = lifetime.use(await launchApp({ shell: 'browser', dataRoot: roots.dataRoot, runRoot: roots.runRoot }))
  page = app.page
  page.setDefaultTimeout(patience)
  await seen(page.getByText('Engine ready'))
  await roots.ok('pull', '-q', base)
}, 900_000)
afterAll(() => lifetime.disposeAsync())

test('build: type a Dockerfile, fail at its line, mend it, build from the cache, run on', { timeout: 300_000 }, async () => {
  const context = join(folder, 'shop')
  await mkdir(context)
  await writeFile(join(context, 'hello.txt'), 'hello from the folder')
  await go('/build')
  await seen(page.getByText('Build an image from a folder'))
  await go(`/build?folder=${encodeURIComponent(context)}`)
  const editor = page.getByRole('textbox', { name: 'Dockerfile' })
  await editor.focus()
  await page.keyboard.insertText(`FROM ${base}\nCOPY hello.txt /srv/\nRUN echo this-goes-wrong && exit 3\n`)
  await page.getByRole('textbox', { name: 'Names' }).fill('shop:dev')
  await page.getByRole('button', { name: 'Build', exact: true }).click()

  await seen(page.getByRole('heading', { name: 'Failed' }))
  await seen(page.getByRole('log', { name: 'What step 3 said' }).getByText('this-goes-wrong'))
  await seen(page.getByRole('alert').getByText('returned a non-zero code: 3'))
  expect(await page.locator('.cm-markedLine').innerText()).toContain('exit 3')
  expect(await readFile(join(context, 'Dockerfile'), 'utf8')).toContain('exit 3')
  expect((await roots.docker('image', 'inspect', 'shop:dev')).code).not.toBe(0)

  await editor.focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(`FROM ${base}\nCOPY hello.txt /srv/\nRUN rm /etc/note\n`)
  await page.keyboard.press('Control+Enter')
  await seen(page.getByRole('heading', { name: 'Built' }))
  await seen(page.getByText('What changed'))
  await seen(page.getByText('RUN rm /etc/note').last())
  await seen(page.locator('[data-step="2"]').getByText('cached'))
  expect(await roots.ok('run', '--rm', 'shop:dev', 'cat', '/srv/hello.txt')).toBe('hello from the folder')
})

test('layers: what each adds and takes away, and what is wasted', { timeout: 300_000 }, async () => {
  await page.getByRole('button', { name: 'Show the image' }).click()
  await seen(page.getByText(/wasted \(\d+%\)/))
  const tree = page.getByRole('tree', { name: /Files of layer/ })
  await seen(tree.getByRole('treeitem', { name: 'etc' }))
  await seen(tree.getByRole('treeitem', { name: 'note, deleted' }))
  await page.getByText(/wasted \(\d+%\)/).click()
  await seen(page.getByText('/etc/note'))
  await page.keyboard.press('Escape')
})

test('names, save and load: the image is the same on the other side', { timeout: 300_000 }, async () => {
  const id = await roots.ok('image', 'inspect', '-f', '{{.Id}}', 'shop:dev')
  await go(`/images/${id}?tag=${id}`)
  await page.getByLabel('Another name').fill('shop:kept')
  await page.keyboard.press('Enter')
  await seen(page.getByRole('button', { name: 'Take away shop:kept' }))
  expect(await roots.ok('image', 'inspect', '-f', '{{.Id}}', 'shop:kept')).toBe(id)
  await page.getByRole('button', { name: 'Take away shop:dev' }).click()
  await page.getByRole('button', { name: 'Take away shop:dev' }).waitFor({ state: 'detached' })
  expect((await roots.docker('image', 'inspect', 'shop:dev')).code).not.toBe(0)

  const archive = join(folder, 'kept.tar')
  await roots.ok('save', '-o', archive, 'shop:kept')
  await roots.ok('rmi', 'shop:kept')
  await go(`/images?load=${encodeURIComponent(archive)}`)
  await page.getByRole('dialog', { name: 'Load from a file' }).getByRole('button', { name: 'Load', exact: true }).click()
  await seen(page.getByText('shop:kept is here'))
  expect(await roots.ok('image', 'inspect', '-f', '{{.Id}}', 'shop:kept')).toBe(id)
})

test('home: a crash is told, and cleaning up removes what is ticked and nothing else', { timeout: 300_000 }, async () => {
  await roots.docker('run', '--name', 'crashed', '-v', 'pages:/srv', base, 'sh', '-c', 'exit 7')
  await roots.ok('volume', 'create', 'precious')
  await go('/')
  await seen(page.getByRole('link', { name: /crashed.*code 7/ }))
  await page.getByRole('button', { name: 'Free space…' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Free space' })
  await dialog.getByRole('checkbox', { name: '1 unused volume', exact: true }).waitFor()
  await dialog.getByRole('checkbox', { name: '1 stopped container' }).click()
  // What only that container held would be free as well; it is offered, not taken.
  await dialog.getByRole('checkbox', { name: '2 unused volumes', exact: true }).waitFor()
  await dialog.getByRole('button', { name: /^Remove, frees/ }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('link', { name: /crashed.*code 7/ }).waitFor({ state: 'detached' })
  expect(await roots.ok('ps', '-aq')).toBe('')
  expect((await roots.ok('volume', 'ls', '-q')).split('\n').sort()).toEqual(['pages', 'precious'])
  expect(await roots.ok('images', '-q', 'shop:kept')).not.toBe('')
})

const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const go = (path: string) => page.goto(`${new URL('/', page.url()).href}#${path}`)
