import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/**
 * The network canvas in real Chromium on a real engine: wires drawn and pulled off by mouse and by keyboard, networks made and removed, refusals in place.
 * What became of it is asked of the docker client, and of the containers themselves.
 */
const patience = 30_000
const lifetime = new AsyncDisposableStack()
let stage: Stage
let app: RunningApp
let page: Page
const docker = (...args: string[]) => stage.engine.ok(...args)

beforeAll(async () => {
  const [made] = await Promise.all([setStage(), buildApp()])
  stage = lifetime.use(made)
  await docker('network', 'create', '--subnet', '10.77.0.0/24', 'shop')
  await docker('network', 'create', 'vault')
  for (const [name, network] of [['web', 'bridge'], ['db', 'shop'], ['cache', 'shop']]) await docker('run', '-d', '--name', name!, '--network', network!, stage.busybox, 'sleep', '1000000')
  await docker('run', '-d', '--name', 'spy', '--network', 'host', stage.busybox, 'sleep', '1000000')
  app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: stage.engine.socket }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByRole('link', { name: 'Networks' }).click()
  await card('web').waitFor()
}, 900_000)
afterAll(() => lifetime.disposeAsync())
beforeEach(() => page.keyboard.press('Escape'))
afterEach(({ task }) => {
  if (task.result?.state === 'fail') return page.locator('body').innerText().then((text) => console.error(`The page when it went wrong, at ${page.url()}:\n${text}`))
})

const card = (name: string) => page.locator(`[data-card][aria-label^="${name},"]`)
const lane = (name: string) => page.locator('[data-lane]').filter({ has: page.getByRole('heading', { name, exact: true }) })
const canvas = () => page.getByRole('application')
const networksOf = async (name: string) => Object.keys(JSON.parse(await docker('inspect', '-f', '{{json .NetworkSettings.Networks}}', name)) as object).sort()
const reaches = async (from: string, name: string) => (await stage.engine.docker('exec', from, 'nslookup', name)).code === 0
const until = (look: () => Promise<unknown>, wanted: unknown) => expect.poll(look, { timeout: patience }).toEqual(wanted)

/** A real drag: press, a few steps, release. `hold` looks at the page before the release. */
async function pull(from: Locator, to: Locator | { x: number; y: number }, hold: () => Promise<void> = async () => {}, at?: { x: number; y: number }) {
  const start = await middle(from)
  const end = 'x' in to ? to : await (at ? cornerOf(to, at) : middle(to))
  await page.mouse.move(start.x, start.y)
  await page.mouse.down()
  await page.mouse.move(start.x + 12, start.y + 8, { steps: 3 })
  await page.mouse.move(end.x, end.y, { steps: 8 })
  await hold()
  await page.mouse.up()
}
async function middle(locator: Locator) {
  const box = (await locator.boundingBox())!
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}
async function cornerOf(locator: Locator, { x, y }: { x: number; y: number }) {
  const box = (await locator.boundingBox())!
  return { x: box.x + x, y: box.y + y }
}
const said = (text: string | RegExp) => page.getByRole('status').filter({ hasText: text }).first().waitFor()

test('by mouse: a container pulled onto a network joins it, under the alias and the address given, and is reached by name', async () => {
  await pull(card('web'), lane('shop'), async () => {
    await said('web joins shop')
    await said(/web can reach .*(cache|db)/)
  })
  const form = page.getByRole('dialog', { name: 'Connect web to shop' })
  await form.getByLabel('Also known as').fill('front, entrance')
  await form.getByLabel('Address').fill('10.78.0.9')
  await form.getByText('Not in the subnet.').waitFor()
  await form.getByLabel('Address').fill('10.77.0.99')
  await form.getByRole('button', { name: 'Connect' }).click()
  await form.waitFor({ state: 'hidden' })
  await until(() => networksOf('web'), ['bridge', 'shop'])
  const endpoint = JSON.parse(await docker('inspect', '-f', '{{json .NetworkSettings.Networks.shop}}', 'web')) as { IPAddress: string; Aliases: string[] }
  expect(endpoint.IPAddress).toBe('10.77.0.99')
  expect(endpoint.Aliases).toEqual(expect.arrayContaining(['front', 'entrance']))
  await until(() => reaches('db', 'entrance'), true)
})

test('looking from a container: who is reached and by which name, and why not the rest', async () => {
  await card('db').hover()
  await card('cache').getByText('cache', { exact: true }).nth(1).waitFor()
  await card('web').getByText('front').waitFor()
  await page.getByText(/db reaches \d of \d/).waitFor()
  await page.mouse.move(5, 300)
})

test('undo takes the last change back', async () => {
  await canvas().focus()
  await page.keyboard.press('Control+z')
  await until(() => networksOf('web'), ['bridge'])
})

test('a wire that cannot be is refused in place, with the reason, and nothing is asked of the engine', async () => {
  await pull(card('spy'), lane('shop'), () => said('spy uses the network of this machine'))
  await pull(card('db'), lane('shop'), () => said('db is on shop already'))
  expect([await networksOf('spy'), await networksOf('db')]).toEqual([['host'], ['shop']])
  expect(await page.getByRole('dialog').count()).toBe(0)
})

test('by mouse: a wire pulled off is asked about when it cuts something that runs, then the container has left', async () => {
  const grip = card('cache').locator('xpath=..').locator('[data-grip]')
  const empty = await cornerOf(canvas(), { x: 30, y: 60 })
  await pull(grip, empty, () => said('cache leaves shop'))
  const question = page.getByRole('dialog', { name: 'Disconnect cache from shop?' }).or(page.getByRole('alertdialog', { name: 'Disconnect cache from shop?' }))
  await question.getByText('db', { exact: true }).waitFor()
  await question.getByRole('button', { name: 'Disconnect', exact: true }).click()
  await until(() => networksOf('cache'), [])
  await page.getByRole('heading', { name: 'On no network' }).waitFor()
})

test('by keyboard: connect, disconnect and back, with nothing but keys', async () => {
  await canvas().focus()
  await toCard('cache')
  await page.keyboard.press('c')
  const form = page.getByRole('dialog', { name: 'Connect cache' })
  await form.getByLabel('Network').waitFor()
  await page.keyboard.type('vault')
  await page.keyboard.press('Enter')
  await until(() => networksOf('cache'), ['vault'])
  await form.waitFor({ state: 'hidden' })
  await canvas().focus()
  await toCard('cache')
  await page.keyboard.press('Delete')
  await until(() => networksOf('cache'), [])
  await page.keyboard.press('Control+z')
  await until(() => networksOf('cache'), ['vault'])
})

/** Arrow by arrow through the canvas; a screen reader is told the same id. */
async function toCard(name: string) {
  const id = await docker('inspect', '-f', '{{.Id}}', name)
  await page.keyboard.press('End')
  for (let step = 0; step < 30; step++) {
    if ((await canvas().getAttribute('aria-activedescendant')) === `scene-${id}`) return
    await page.keyboard.press(['ArrowUp', 'ArrowLeft', 'ArrowUp', 'ArrowRight'][step % 4]!)
  }
  throw new Error(`${name} was not reached by the arrow keys`)
}

test('a new network: overlap is told while it is typed, a free subnet offered, and it is made as asked', async () => {
  await canvas().focus()
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog', { name: 'New network' })
  await dialog.getByLabel('Name').fill('backend')
  await dialog.getByLabel('Subnet').fill('10.77.0.128/25')
  await dialog.getByText('Overlaps with shop.').waitFor()
  await dialog.getByRole('button', { name: /Use .*, which is free/ }).click()
  const subnet = await dialog.getByLabel('Subnet').inputValue()
  await dialog.getByLabel('Gateway').fill('1.2.3.4')
  await dialog.getByText('Not in the subnet.').waitFor()
  await dialog.getByLabel('Gateway').fill('')
  await dialog.getByLabel(/Internal/).click()
  await dialog.getByRole('button', { name: 'Create network' }).click()
  await lane('backend').waitFor()
  expect(JSON.parse(await docker('network', 'inspect', '-f', '{{json .}}', 'backend'))).toMatchObject({ Driver: 'bridge', Internal: true, IPAM: { Config: [expect.objectContaining({ Subnet: subnet })] } })
})

test('what the command line does appears at once', async () => {
  await docker('network', 'create', 'typed')
  await lane('typed').waitFor()
  await docker('network', 'connect', 'typed', 'db')
  await page.getByText('typed').first().waitFor()
  await card('db').and(page.getByLabel(/typed/)).waitFor()
  await docker('network', 'disconnect', 'typed', 'db')
  await expect.poll(() => card('db').getAttribute('aria-label')).not.toContain('typed')
  await docker('network', 'rm', 'typed')
  await lane('typed').waitFor({ state: 'detached' })
})

test('the list says and does the same: members, disconnect, remove', async () => {
  await page.getByRole('radio', { name: 'List' }).or(page.getByRole('button', { name: 'List', exact: true })).click()
  const row = page.getByRole('row', { name: 'vault' })
  await row.getByText('cache').waitFor()
  await row.click()
  await page.getByRole('button', { name: 'Disconnect cache' }).click()
  await until(() => networksOf('cache'), [])
  await page.getByRole('grid', { name: 'Networks' }).focus()
  await page.getByRole('row', { name: 'backend' }).click()
  await page.getByRole('grid', { name: 'Networks' }).focus()
  await page.keyboard.press('Delete')
  await page.getByRole('button', { name: 'Remove network' }).click()
  await row.waitFor()
  await until(async () => (await docker('network', 'ls', '--format', '{{.Name}}')).split('\n').includes('backend'), false)
})

test('a network that something runs on is not offered for removal; for one that only stopped containers are on it is said what they lose', async () => {
  await docker('network', 'create', 'lonely')
  await docker('run', '-d', '--name', 'waiter', '--network', 'lonely', '--stop-timeout', '0', stage.busybox, 'sleep', '1000000')
  const row = page.getByRole('row', { name: 'lonely' })
  const ask = async () => {
    await row.click()
    await page.getByRole('grid', { name: 'Networks' }).focus()
    await page.keyboard.press('Delete')
  }
  const remove = page.getByRole('button', { name: 'Remove network' })
  await row.getByText('waiter').waitFor()
  await ask()
  await page.getByText('Used by waiter: stop or disconnect these first.').waitFor()
  expect(await remove.isDisabled()).toBe(true)
  await page.keyboard.press('Escape')
  await docker('stop', 'waiter')
  await ask()
  await page.getByText('Without it these do not start again: waiter.').waitFor()
  await remove.click()
  await row.waitFor({ state: 'detached' })
})
