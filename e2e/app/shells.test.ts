import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { startFakeEngine, wireContainer, type FakeEngine } from '../../src/main/connections/testing/fake-engine.ts'
import { desktopShell, launchApp, type RunningApp, type ShellName } from './drivers/launch-app.ts'

/** What every shell owes the page, whatever the engine: over a Docker API in memory. */
const shells: ShellName[] = ['browser', desktopShell()]

async function open(shell: ShellName, engine: FakeEngine, more: { home?: string } = {}): Promise<RunningApp> {
  engine.containers.set('web1', wireContainer('web1', { Names: ['/shop-web'] }))
  return launchApp({ shell, engineSocket: engine.socketPath, ...more })
}
const seen = (app: RunningApp, text: string) => app.page.getByText(text, { exact: false }).first().waitFor({ timeout: 15_000 })
/** Only the desktop exposes its bridge to the page. */
const callFromPage = (app: RunningApp, path: string, request: object): Promise<unknown> =>
  app.page.evaluate(`window.slipway.call(crypto.randomUUID(), ${JSON.stringify(path)}, ${JSON.stringify(request)})`)

test.each(shells)('%s: the list is live, and survives the engine', async (shell) => {
  await using engine = await startFakeEngine()
  await using app = await open(shell, engine)
  await seen(app, 'shop-web')
  engine.containers.set('db1', wireContainer('db1', { Names: ['/shop-db'] }))
  engine.emit({ Type: 'container', Action: 'create', Actor: { ID: 'db1' } })
  await seen(app, 'shop-db')

  await engine.die()
  await app.page.getByText(/reconnect/i).first().waitFor({ timeout: 15_000 })
  engine.containers.set('late1', wireContainer('late1', { Names: ['/shop-late'] }))
  await engine.comeBack()
  await seen(app, 'shop-late')
})

test.each(shells)('%s: the page may run its own scripts only, and has nothing of Node', async (shell) => {
  await using engine = await startFakeEngine()
  await using app = await open(shell, engine)
  await seen(app, 'shop-web')
  expect(await app.page.evaluate(() => typeof (globalThis as Record<string, unknown>)['require'] + typeof (globalThis as Record<string, unknown>)['process'])).toBe('undefinedundefined')
  const violation = await app.page.evaluate(() => {
    const told = new Promise<string>((resolve) => document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective)))
    const script = document.createElement('script')
    script.textContent = 'window.injected = true'
    document.head.append(script)
    return told
  })
  expect(violation).toBe('script-src-elem')
  expect(await app.page.evaluate(() => 'injected' in window)).toBe(false)
  await expect(app.page.evaluate(() => fetch('http://127.0.0.1:1/'))).rejects.toThrow()
})

test.runIf(shells.includes('stand-in'))('stand-in: the window is isolated, the channel checked, and only web addresses leave', async () => {
  await using engine = await startFakeEngine()
  await using app = await open('stand-in', engine)
  await seen(app, 'shop-web')
  const records = await app.desktop!.records()
  const asked = records.find(([what]) => what === 'window')
  expect(asked?.[1]).toMatchObject({ show: false, webPreferences: { contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true, webviewTag: false } })
  expect(records.map(([what]) => what)).toEqual(expect.arrayContaining(['permissionRequestHandler', 'permissionCheckHandler', 'devicePermissionHandler', 'show']))

  await expect(callFromPage(app, 'app.openExternal', { url: 'file:///etc/passwd' })).resolves.toMatchObject({ error: { reason: 'bad-url' } })
  await expect(callFromPage(app, 'app.openExternal', { url: 'https://example.com/a' })).resolves.not.toHaveProperty('error')
  await app.page.evaluate("window.open('javascript:alert(1)'), window.open('https://example.com/b'), 0")
  await expect.poll(async () => (await app.desktop!.records()).filter(([what]) => what === 'openExternal')).toEqual([
    ['openExternal', 'https://example.com/a'],
    ['openExternal', 'https://example.com/b'],
  ])
})

test.runIf(shells.includes('stand-in'))('stand-in: dialogs, the menu, a reload, and an end when the window is closed', async () => {
  await using engine = await startFakeEngine()
  await using app = await open('stand-in', engine)
  await seen(app, 'shop-web')
  await app.desktop!.answerDialog({ canceled: false, filePaths: ['/srv/site'] })
  await expect(callFromPage(app, 'app.choosePath', { kind: 'folder', title: 'Choose' })).resolves.toMatchObject({ value: '/srv/site' })
  await app.desktop!.clickMenu(['View', 'Images'])
  await expect.poll(() => app.page.url()).toContain('images')
  await app.page.reload()
  await seen(app, 'Engine ready')
  await app.desktop!.clickMenu(['View', 'Containers'])
  await seen(app, 'shop-web')
  await app.closeWindow()
})

test.runIf(shells.includes('stand-in'))('stand-in: the window comes where it was last, and its place is kept when it closes', async () => {
  await using engine = await startFakeEngine()
  await using undo = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'slipway-window-'))
  undo.defer(() => rm(home, { recursive: true, force: true }))
  const file = join(home, 'userData/window.json')
  const place = { x: 40, y: 30, width: 1000, height: 700, maximized: true }
  await mkdir(join(home, 'userData'))
  await writeFile(file, JSON.stringify({ ...place, former: 1 }))
  const app = undo.use(await open('stand-in', engine, { home }))
  await seen(app, 'shop-web')
  const { maximized, ...bounds } = place
  expect((await app.desktop!.records()).find(([what]) => what === 'window')?.[1]).toMatchObject(bounds)
  await app.closeWindow()
  await expect.poll(async () => JSON.parse(await readFile(file, 'utf8')) as unknown).toEqual({ ...bounds, maximized })
})

/** What may be opened with the app, and the page that knows what to do with it. */
async function someFiles() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-openings-'))
  const put = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const [dockerfile, compose, archive, text] = await Promise.all([put('Dockerfile', 'FROM scratch\n'), put('compose.yaml', 'services: {}\n'), put('images.tar', ''), put('notes.txt', '')])
  return { folder, dockerfile, compose, archive, text, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}
const addressOf = (app: RunningApp) => decodeURIComponent(app.page.url().split('#')[1] ?? '')
const leads = (app: RunningApp, address: string) => expect.poll(() => addressOf(app), { timeout: 30_000 }).toBe(address)

test('browser: a file that it is started with is opened by what it is', async () => {
  await using engine = await startFakeEngine()
  await using files = await someFiles()
  await using app = await launchApp({ shell: 'browser', engineSocket: engine.socketPath, words: [pathToFileURL(files.archive).href] })
  await leads(app, `/images?load=${files.archive}`)
  expect(await app.page.getByRole('dialog').getByLabel('File', { exact: true }).inputValue()).toBe(files.archive)
})

test.runIf(shells.includes('stand-in'))('stand-in: a link that it is started with, then files and links that a second start or the desktop hands over', async () => {
  await using engine = await startFakeEngine()
  await using files = await someFiles()
  await using app = await launchApp({ shell: 'stand-in', engineSocket: engine.socketPath, words: ['slipway://run?image=nginx'] })
  await leads(app, '/containers?run=nginx')
  const desktop = app.desktop!
  await desktop.startAgain('/opt/Slipway/slipway-app', '--allow-file-access-from-files', files.dockerfile)
  await leads(app, `/build?folder=${files.folder}&file=${files.dockerfile}`)
  await desktop.startAgain('/opt/Slipway/slipway-app', pathToFileURL(files.compose).href)
  await leads(app, `/compose?file=${files.compose}`)
  await desktop.openFile(files.archive)
  await leads(app, `/images?load=${files.archive}`)
  await desktop.startAgain('/opt/Slipway/slipway-app', 'slipway://pull?image=redis:7')
  await leads(app, '/images?pull=redis:7')
  await desktop.startAgain('/opt/Slipway/slipway-app', files.text)
  await seen(app, 'There is nothing to do with notes.txt')
  await leads(app, '/')
})
