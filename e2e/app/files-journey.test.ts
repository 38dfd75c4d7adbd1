import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/**
 * Containers, their files, and volumes in real Chromium on a real engine; what the page did is looked up through the docker client.
 */
const patience = 60_000
let stage: Stage
let app: RunningApp
let page: Page
let folder: string
beforeAll(async () => {
  ;[stage] = await Promise.all([setStage(), buildApp()])
  folder = await mkdtemp(join(tmpdir(), 'slipway-files-journey-'))
  app = await launchApp({ shell: 'browser', engineSocket: stage.engine.socket })
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await stage?.[Symbol.asyncDispose]()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const ok = (...args: string[]) => stage.engine.ok(...args)
const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const row = (name: string) => page.getByRole('row', { name, exact: true })
const until = (look: () => Promise<string>, wanted: string) => expect.poll(look, { timeout: patience, interval: 100 }).toBe(wanted)

test('files of a container: walk, edit, upload, rename, make, delete and download, by mouse and by keyboard', { timeout: 300_000 }, async () => {
  const id = await ok('run', '-d', '--name', 'box', stage.busybox, 'sh', '-c', 'mkdir -p /work/deep && printf "one\\r\\ntwo\\r\\n" > /work/notes.txt && chmod 640 /work/notes.txt && chown 7:8 /work/notes.txt && ln -s deep /work/way && ln -s / /work/root && touch "/work/<img src=x onerror=alert(1)>" && sleep 100000')
  const inside = (command: string) => ok('exec', 'box', 'sh', '-c', command)
  await until(() => inside('ls /work/root/work/notes.txt 2>/dev/null || true'), '/work/root/work/notes.txt')
  await go(`/containers/${id}/files`)
  await row('work').click()
  await seen(row('notes.txt'))
  expect(await row('notes.txt').innerText()).toContain('-rw-r-----')
  // Markup in a name is text.
  await seen(page.getByText('<img src=x onerror=alert(1)>'))

  await row('notes.txt').click()
  const editor = page.getByRole('textbox', { name: 'Text of notes.txt' })
  await seen(page.getByText('two'))
  await editor.click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('three')
  await page.keyboard.press('Control+s')
  await until(() => inside('od -c /work/notes.txt | head -2 | cut -c9-'), 'o   n   e  \\r  \\n   t   w   o  \\r  \\n   t   h   r   e   e')
  expect(await inside('stat -c "%a %u:%g" /work/notes.txt')).toBe('640 7:8')
  await page.getByRole('button', { name: 'Close the file' }).click()

  await writeFile(join(folder, 'sent.bin'), Buffer.alloc(6_000_000, 'slipway'))
  await mkdir(join(folder, 'tree/sub'), { recursive: true })
  await writeFile(join(folder, 'tree/sub/leaf.txt'), 'leaf\n')
  await page.locator('[data-upload=files]').setInputFiles(join(folder, 'sent.bin'))
  await seen(row('sent.bin'))
  expect(await inside('md5sum < /work/sent.bin')).toBe(execFileSync('md5sum', { input: Buffer.alloc(6_000_000, 'slipway'), encoding: 'utf8' }).trim())
  await page.locator('[data-upload=folder]').setInputFiles(join(folder, 'tree'))
  await seen(row('tree'))
  expect(await inside('cat /work/tree/sub/leaf.txt')).toBe('leaf')

  await page.getByRole('button', { name: 'New folder' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('made')
  await page.keyboard.press('Enter')
  await seen(row('made'))
  expect(await inside('test -d /work/made && echo yes')).toBe('yes')

  // From here by keyboard: to the row, rename it, go into a link, up again, delete.
  const grid = page.getByRole('grid', { name: 'Files' })
  await grid.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => grid.getAttribute('aria-activedescendant')).toContain('made')
  await page.keyboard.press('F2')
  await page.getByRole('dialog').getByLabel('Name').fill('renamed')
  await page.keyboard.press('Enter')
  await seen(row('renamed'))
  expect(await inside('ls -d /work/renamed /work/made 2>/dev/null || true')).toBe('/work/renamed')
  await row('way').click()
  await seen(page.getByText('This folder is empty'))
  await page.getByRole('navigation', { name: 'Folder' }).getByRole('button', { name: 'work' }).click()
  await row('sent.bin').click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('region', { name: 'Content of sent.bin' }).getByRole('button', { name: 'Download' }).first().click()])
  expect((await buffer(await download.createReadStream())).equals(Buffer.alloc(6_000_000, 'slipway'))).toBe(true)
  await page.getByRole('button', { name: 'Close the file' }).click()
  await row('tree').click({ button: 'right' })
  const [archive] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Download' }).click()])
  expect(execFileSync('tar', ['-tf', '-'], { input: await buffer(await archive.createReadStream()), encoding: 'utf8' })).toContain('tree/sub/leaf.txt')
  // Dragged out of the window: a browser fetches what it carries from an address, which only who is here may ask.
  await page.evaluate(() => addEventListener('dragstart', ({ dataTransfer }) => (document.title = dataTransfer?.getData('DownloadURL') ?? ''), { once: true }))
  await row('sent.bin').hover()
  await page.mouse.down()
  await page.mouse.move(600, 500, { steps: 8 })
  await expect.poll(() => page.title(), { timeout: patience }).toContain('application/octet-stream:sent.bin:http://127.0.0.1:')
  await page.mouse.up()
  const address = (await page.title()).replace('application/octet-stream:sent.bin:', '')
  expect(Buffer.from(await (await page.context().request.get(address)).body()).equals(Buffer.alloc(6_000_000, 'slipway'))).toBe(true)
  expect((await fetch(address)).status).toBe(401)
  await row('renamed').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await until(() => inside('ls -d /work/renamed 2>/dev/null || true'), '')

  // Not running any more: the same files.
  await ok('kill', 'box')
  await page.getByRole('button', { name: 'Read the folder again' }).click()
  await row('notes.txt').click()
  await seen(page.getByText('three'))
})

test('changes of a container are a tree that opens in its files; events, processes and stats are live', { timeout: 300_000 }, async () => {
  const id = await ok('run', '-d', '--name', 'busy', stage.busybox, 'sh', '-c', 'echo x > /etc/made; rm /etc/group; while :; do :; done')
  await go(`/containers/${id}/processes`)
  await seen(page.getByRole('cell', { name: /while/ }))
  await go(`/containers/${id}/stats`)
  await expect.poll(async () => Number(/CPU (\d+)/.exec((await page.getByRole('img', { name: /^CPU/ }).getAttribute('aria-label')) ?? '')?.[1] ?? 0), { timeout: patience }).toBeGreaterThan(1)
  await page.getByRole('button', { name: 'Show as a table' }).click()
  await seen(page.getByRole('columnheader', { name: 'Received' }))
  await go(`/containers/${id}/changes`)
  await seen(page.getByRole('treeitem').filter({ hasText: 'group' }))
  await page.getByRole('treeitem').filter({ hasText: 'made' }).getByRole('button', { name: 'made' }).click()
  await page.waitForURL(/files\?path=(%2F|\/)etc&file=made/)
  await seen(page.getByRole('region', { name: 'Content of made' }))
  await go(`/containers/${id}/events`)
  await seen(page.getByText('Started', { exact: true }))
  await ok('kill', '-s', 'KILL', 'busy')
  await seen(page.getByText('Ended', { exact: true }))
  expect(await page.getByRole('list', { name: 'Events' }).getByRole('listitem').filter({ hasText: 'Ended' }).innerText()).toMatch(/die .*exitCode=137/)
})
