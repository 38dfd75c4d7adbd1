import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeEngine, wireContainer, type FakeEngine } from '../../src/main/connections/testing/fake-engine.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** Parts that no journey comes by: in Chromium, on an engine in memory. */
const lifetime = new AsyncDisposableStack()
const bridge = { Networks: { bridge: { NetworkID: 'net1', IPAddress: '172.17.0.2' } } }
const inProject = (project: string) => ({ Labels: { 'com.docker.compose.project': project, 'com.docker.compose.service': 'x' } })
const disk = { LayersSize: 3_000_000, Images: [], Containers: [], Volumes: [], BuildCache: [] }
let engine: FakeEngine
let app: RunningApp
let folder: string

beforeAll(async () => {
  await buildApp()
  folder = await mkdtemp(join(tmpdir(), 'slipway-pages-'))
  lifetime.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'site'))
  engine = lifetime.use(await startFakeEngine())
  engine.routes.set('GET /networks', () => [{ Id: 'net1', Name: 'bridge', Driver: 'bridge', Scope: 'local', IPAM: { Config: [{ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }] } }])
  engine.routes.set('GET /system/df', () => disk)
  engine.images.set('sha256:9', { Id: 'sha256:9', RepoTags: ['other:1'], Size: 1 })
  engine.containers.set('web1', wireContainer('web1', { Names: ['/web'], ...inProject('shop'), Ports: [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }, { IP: '127.0.0.1', PrivatePort: 443, PublicPort: 8443, Type: 'tcp' }], NetworkSettings: bridge }))
  engine.containers.set('db1', wireContainer('db1', { Names: ['/db'], ...inProject('shop'), NetworkSettings: bridge }))
  engine.containers.set('old1', wireContainer('old1', { Names: ['/old'], State: 'exited', Status: 'Exited (0) 2 hours ago', NetworkSettings: bridge }))
  app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: engine.socketPath, settings: { welcomed: false } }))
}, 300_000)
afterAll(() => lifetime.disposeAsync())

const go = (path: string) => app.page.evaluate((to) => void (location.hash = to), path)
const address = () => new URL(new URL(app.page.url()).hash.slice(1), 'http://page')

test('the first time the app is opened it welcomes, with something to run at once; the next time it does not', async () => {
  const { page } = app
  await page.getByRole('heading', { name: 'Welcome to Slipway' }).waitFor()
  expect(address().pathname).toBe('/engine')
  await page.getByRole('button', { name: 'nginx', exact: true }).click()
  await page.getByRole('dialog', { name: 'Run a container' }).getByLabel('Image').and(page.getByRole('combobox')).waitFor()
  await expect.poll(() => page.getByRole('dialog').getByLabel('Port in the container').first().inputValue()).toBe('80')
  await expect.poll(() => readFile(join(app.home, 'settings.json'), 'utf8')).toMatch(/"welcomed":\s*true/)
  await page.goto(new URL('/', page.url()).href)
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  expect(address().pathname).toBe('/')
})

test('a folder to mount is typed, or walked to; where it comes is proposed, and what follows is the edit', async () => {
  const { page } = app
  await go('/containers?mount-in=web1')
  const offer = page.getByRole('dialog', { name: /web/ })
  const review = offer.getByRole('button', { name: 'Review changes' })
  expect(await review.isDisabled()).toBe(true)
  await offer.getByLabel('Folder or file on this machine').fill(join(folder, 'nothing'))
  await offer.getByLabel('Where in the container').fill('/srv')
  await review.click()
  await offer.getByText(/^There is no .*nothing/).first().waitFor()

  await offer.getByRole('button', { name: 'Choose a folder' }).click()
  const walk = page.getByRole('dialog', { name: 'Choose a folder' })
  await walk.getByRole('combobox').fill(`${folder}/`)
  await walk.getByRole('option', { name: 'site' }).waitFor()
  await walk.getByRole('combobox').press('ArrowDown')
  await walk.getByRole('combobox').press('Enter')
  await expect.poll(() => walk.getByRole('combobox').inputValue()).toBe(join(folder, 'site/'))
  await walk.getByRole('button', { name: 'Choose', exact: true }).click()
  await walk.waitFor({ state: 'hidden' })
  expect(await offer.getByLabel('Folder or file on this machine').inputValue()).toMatch(/\/site\/?$/)
  expect(await offer.getByLabel('Where in the container').inputValue()).toBe('/mnt/site')
  await offer.getByRole('checkbox').click()
  await review.click()
  await expect.poll(() => [address().searchParams.get('edit'), address().searchParams.get('mount')]).toEqual(['web1', `ro:/mnt/site:${join(folder, 'site')}`])
  await page.keyboard.press('Escape')
})

test('the edge of the machine has a pin for each published port, and who answers there lights up', async () => {
  const { page } = app
  await go('/networks')
  const machine = page.getByRole('group', { name: 'This machine' })
  await machine.getByText('8080').waitFor()
  await machine.getByText('8443').waitFor()
  expect(await machine.getByText('only here').count()).toBe(1)
  await machine.getByText('8080').hover()
  await page.getByText(/^web reaches/).waitFor()
  await machine.getByRole('button', { name: /8080/ }).waitFor()
})

test('whose logs are read: all that run, a project, one by one; what is ticked is in the address', async () => {
  const { page } = app
  engine.routes.set('GET /containers/*/logs', () => '')
  await go('/logs')
  const sources = page.getByRole('group', { name: 'Whose logs' })
  const box = (name: string) => sources.getByRole('checkbox', { name, exact: true })
  await box('shop').click()
  await expect.poll(() => address().searchParams.getAll('project')).toEqual(['shop'])
  await expect.poll(() => box('web').getAttribute('aria-checked')).toBe('mixed')
  expect(await box('old').getAttribute('aria-checked')).toBe('false')
  await box('shop').click()
  await box('old').click()
  await expect.poll(() => [address().searchParams.getAll('project'), address().searchParams.getAll('container')]).toEqual([[], ['old']])
  await page.keyboard.press('/')
  await page.keyboard.type('sho')
  await box('old').waitFor({ state: 'detached' })
  await box('web').waitFor()
})

test('a pasted .env becomes rows, wherever among the variables it is pasted', async () => {
  const { page } = app
  await go('/containers?run=nothing-local')
  const form = page.getByRole('dialog', { name: 'Run a container' })
  await form.getByText('Environment', { exact: true }).click()
  await form.getByRole('button', { name: 'Add variable' }).click()
  await form.getByRole('textbox', { name: 'Value' }).evaluate((field) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', '# shop\nexport NAME="two words"\nLEVEL=info\n')
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  const names = form.getByRole('textbox', { name: 'Variable' })
  await expect.poll(() => names.evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value))).toEqual(['NAME', 'LEVEL'])
  expect(await form.getByRole('textbox', { name: 'Value' }).first().inputValue()).toBe('two words')
  await page.keyboard.press('Escape')
})

test('what is measured late moves nothing that stands below it', async () => {
  const { page } = app
  const measured = Promise.withResolvers<void>()
  engine.routes.set('GET /system/df', () => measured.promise.then(() => disk))
  await go('/')
  await page.reload()
  await page.getByText('Measuring…').waitFor()
  const below = page.getByRole('button', { name: 'Look', exact: true })
  await page.evaluate(() => document.fonts.ready)
  const before = await below.boundingBox()
  measured.resolve()
  await page.getByText('3 MB').first().waitFor()
  expect(await below.boundingBox()).toEqual(before)
})

test('an engine that goes away leaves what was known, and each page says how it is', async () => {
  const { page } = app
  await go('/engine')
  const known = page.getByText('unix://').first()
  await known.waitFor()
  await engine.die()
  await page.getByRole('main').getByText('Reconnecting…').waitFor()
  expect(await known.isVisible()).toBe(true)
  await page.reload()
  await page.getByRole('main').getByText('Reconnecting…').first().waitFor()
  await go('/')
  await page.getByText('Not measured while the engine is away.').waitFor()
  await engine.comeBack()
  await page.getByText('3 MB').first().waitFor()
})
