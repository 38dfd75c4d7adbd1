import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { run } from '../fixtures/engine.ts'
import { busyboxLayer, writeLayout } from '../fixtures/images.ts'
import { account, startTestRegistry, type TestRegistry } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** A registry that wants to know who asks, in real Chromium on a real engine: what is refused offers to sign in and goes on; what is kept is used everywhere and shown nowhere. */
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let stage: Stage
let closed: TestRegistry
let app: RunningApp
let page: Page
let folder: string
let image: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-registries-journey-'))
  lifetime.defer(() => rmSync(folder, { recursive: true, force: true }))
  ;[stage, closed] = await Promise.all([setStage(), startTestRegistry({ closed: true }), buildApp()])
  lifetime.use(stage)
  lifetime.use(closed)
  await writeLayout(join(folder, 'layout'), [await busyboxLayer()], { Cmd: ['sleep', '600'], Labels: { private: 'yes' } })
  await closed.push(join(folder, 'layout'), 'x', 'team/web:1')
  image = `${closed.host}/team/web:1`
  // Nobody's own configuration of docker.
  app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: stage.engine.socket, environment: { DOCKER_CONFIG: join(folder, 'docker') } }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(() => lifetime.disposeAsync())

const ok = (...args: string[]) => stage.engine.ok(...args)
const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const gone = (locator: Locator) => locator.first().waitFor({ state: 'hidden', timeout: patience })
const offer = () => page.getByRole('button', { name: `Sign in to ${closed.host}…` })
const tags = async () => (await ok('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n')
const secretFiles = () => readdirSync(join(app.home, 'secrets')).map((name) => join(app.home, 'secrets', name))

async function signIn(password: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: `Sign in to ${closed.host}` })
  await dialog.getByLabel('User name').fill(account.username)
  await dialog.getByLabel('Password or access token').fill(password)
  await page.keyboard.press('Enter')
}

test('a refused pull offers to sign in, does not believe a wrong password, and goes on by itself with the right one', async () => {
  await go('/images?pull')
  const pull = page.getByRole('dialog', { name: 'Pull an image' })
  await pull.getByRole('combobox', { name: 'Image' }).fill(image)
  await page.keyboard.press('Enter')
  await seen(page.getByText('The registry wants to know who asks'))
  await offer().focus()
  await page.keyboard.press('Enter')
  await seen(page.getByText('Kept in a file that only your user may read'))
  await signIn('open barley')
  await seen(page.getByText(`${closed.host} does not take this user name with this password`))
  expect(readdirSync(app.home)).not.toContain('secrets')
  await signIn(account.password)
  await page.waitForURL(/images\/sha256/)
  expect(await tags()).toContain(image)
  expect(secretFiles().map((file) => (statSync(file).mode & 0o777).toString(8))).toEqual(['600'])
})

test('push, run and build go there in the same name', async () => {
  await go(`/images?push=${image}`)
  const push = page.getByRole('dialog', { name: 'Push to a registry' })
  await push.getByRole('combobox').or(push.getByRole('textbox')).first().fill(`${closed.host}/team/pushed:2`)
  await push.getByRole('button', { name: 'Push', exact: true }).click()
  await gone(push)
  const pushed = await run('curl', ['-s', '-u', `${account.username}:${account.password}`, `http://${closed.host}/v2/team/pushed/tags/list`])
  expect(JSON.parse(pushed.stdout)).toMatchObject({ tags: ['2'] })

  await ok('rmi', image, `${closed.host}/team/pushed:2`)
  await go('/containers?run')
  const sheet = page.getByRole('dialog', { name: 'Run a container' })
  await sheet.getByRole('combobox', { name: 'Image' }).fill(image)
  await sheet.getByLabel('Name', { exact: true }).fill('private')
  await sheet.getByRole('button', { name: 'Pull and run' }).click()
  await page.waitForURL(/containers\/[0-9a-f]+\/logs/)
  expect(await ok('inspect', '-f', '{{.State.Status}} {{.Config.Image}}', 'private')).toBe(`running ${image}`)
  await ok('rm', '-f', 'private')
  await ok('rmi', image)

  const context = join(folder, 'context')
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), `FROM ${image}\nLABEL built=here\n`)
  await go(`/build?folder=${context}`)
  await page.getByRole('button', { name: 'Build', exact: true }).last().click()
  await seen(page.getByRole('heading', { name: /Built/ }))
  expect(await ok('images', '-q', '--filter', 'label=built=here')).not.toBe('')
})

test('settings tell who is signed in and where that lies, and nothing tells the password', async () => {
  await go('/settings')
  const accounts = page.getByRole('list', { name: 'Accounts' })
  await seen(accounts.getByText(closed.host))
  await seen(accounts.getByText('file of your user'))
  await go('/settings?diagnostics')
  const diagnostics = page.getByRole('dialog', { name: 'Diagnostics' })
  await seen(diagnostics.locator('pre'))
  const written = [await diagnostics.innerText(), await page.content(), readFileSync(join(app.home, 'settings.json'), 'utf8')].join('\n')
  for (const secret of [account.password, Buffer.from(account.password).toString('base64'), Buffer.from(`${account.username}:${account.password}`).toString('base64')]) expect(written).not.toContain(secret)
  await diagnostics.getByRole('button', { name: 'Close' }).click()
})

test('who signs out is asked first, and is refused from then on', async () => {
  await go('/settings')
  await page.getByRole('button', { name: `Sign out of ${closed.host}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await seen(page.getByText('You are signed in nowhere'))
  expect(secretFiles()).toEqual([])
  await ok('image', 'prune', '-af')
  await go(`/containers?run=${image}`)
  const sheet = page.getByRole('dialog', { name: 'Run a container' })
  await sheet.getByRole('button', { name: 'Pull and run' }).click()
  await seen(offer())
  await page.keyboard.press('Escape')
})

test('somebody who did docker login is signed in here as well', async () => {
  const config = join(folder, 'docker')
  const login = await run('docker', ['-H', `unix://${stage.engine.socket}`, 'login', '-u', account.username, '--password-stdin', closed.host], { input: account.password, env: { DOCKER_CONFIG: config } })
  expect(login.output).toContain('Login Succeeded')
  await go(`/images?pull=${image}`)
  await page.getByRole('dialog', { name: 'Pull an image' }).getByRole('button', { name: 'Pull', exact: true }).click()
  await page.waitForURL(/images\/sha256/)
  await go('/settings?signIn')
  const dialog = page.getByRole('dialog', { name: 'Sign in to a registry' })
  await seen(dialog)
  await page.keyboard.press('Escape')
  await seen(page.getByRole('list', { name: 'Accounts' }).getByText('docker’s configuration'))
})
