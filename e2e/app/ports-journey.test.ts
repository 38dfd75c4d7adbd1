import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp } from './drivers/launch-app.ts'

/**
 * The port board in real Chromium on a real engine: ports of running containers published, changed, moved and taken away, by mouse and by keyboard. What became
 * of it is asked of the docker client and of the ports themselves.
 */
const patience = 30_000
const lifetime = new AsyncDisposableStack()
let stage: Stage
let page: Page
let stranger: Server
const port = { first: 0, second: 0, third: 0, stranger: 0 }
const docker = (...args: string[]) => stage.engine.ok(...args)

beforeAll(async () => {
  const [made] = await Promise.all([setStage(), buildApp()])
  stage = lifetime.use(made)
  for (const name of ['first', 'second', 'third'] as const) port[name] = await freePort()
  stranger = createServer((_request, response) => response.end('a stranger')).listen(0, '0.0.0.0')
  lifetime.defer(() => new Promise<void>((resolve) => stranger.close(() => resolve())))
  await once(stranger, 'listening')
  port.stranger = (stranger.address() as { port: number }).port
  await docker('run', '-d', '--name', 'site', '-p', `${port.first}:8080`, `${stage.web}:1.0`)
  await docker('run', '-d', '--name', 'other', `${stage.web}:1.0`)
  const app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: stage.engine.socket }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByRole('link', { name: 'Ports' }).click()
  await hostRow(port.first).waitFor()
}, 900_000)
afterAll(() => lifetime.disposeAsync())
beforeEach(() => page.keyboard.press('Escape'))
afterEach(({ task }) => {
  if (task.result?.state === 'fail') return page.locator('body').innerText().then((text) => console.error(`The page when it went wrong, at ${page.url()}:\n${text}`))
})

const hostRow = (number: number) => page.locator('[data-host-row]').filter({ hasText: String(number) })
const insideRow = (container: string) => page.locator(`[data-inside-row][aria-label*=" of ${container},"]`)
const board = () => page.getByRole('application')
const published = async (name: string) => (await docker('port', name)).split('\n').filter((line) => line !== '' && !line.includes('[::]')).sort()
const until = (look: () => Promise<unknown>, wanted: unknown) => expect.poll(look, { timeout: patience }).toEqual(wanted)
const visit = (number: number) => fetch(`http://127.0.0.1:${number}/`, { headers: { Connection: 'close' } }).then((response) => response.text())
const said = (text: string | RegExp) => page.getByRole('status').filter({ hasText: text }).first().waitFor()

async function pull(from: Locator, to: Locator, hold: () => Promise<void> = async () => {}) {
  const [start, end] = [(await from.boundingBox())!, (await to.boundingBox())!]
  await page.mouse.move(start.x + 60, start.y + start.height / 2)
  await page.mouse.down()
  await page.mouse.move(start.x + 72, start.y + start.height / 2 + 8, { steps: 3 })
  await page.mouse.move(end.x + 60, end.y + end.height / 2, { steps: 8 })
  await hold()
  await page.mouse.up()
}

test('the board tells whose each port is', async () => {
  expect(await hostRow(port.first).innerText()).toContain('site')
  await hostRow(port.stranger).waitFor()
  await insideRow('other').getByText('not published').waitFor()
})

test('edited in place: what is taken is told while it is typed, and a visitor who keeps coming misses no more than one answer', async () => {
  await hostRow(port.first).click()
  const form = page.getByRole('dialog', { name: 'Edit published port' })
  await form.getByLabel('Port on this machine').fill(String(port.stranger))
  await form.getByText(new RegExp(`${port.stranger} is taken by`)).waitFor()
  await form.getByLabel('Port on this machine').fill(String(port.second))
  const visits = keepVisiting([port.first, port.second])
  await visits.served(5)
  await form.getByRole('button', { name: 'Apply' }).click()
  await until(() => published('site'), [`8080/tcp -> 0.0.0.0:${port.second}`])
  await visits.served(5)
  expect(await visits.stop()).toBeLessThanOrEqual(1)
  await expect(visit(port.first)).rejects.toThrow()
  expect(await visit(port.second)).toContain('web 1.0')
  expect(await docker('inspect', '-f', '{{.RestartCount}} {{.State.Status}}', 'site')).toBe('0 running')
})

/** Comes again and again to the first of the ports that answers: a client that knows both addresses. Counts the rounds in which none did. */
function keepVisiting(ports: readonly number[]) {
  let [going, served, missed] = [true, 0, 0]
  const waiting = new Set<() => void>()
  const life = (async () => {
    while (going) {
      const answers = await Promise.allSettled(ports.map(visit))
      if (answers.some(({ status }) => status === 'fulfilled')) served++
      else missed++
      waiting.forEach((look) => look())
    }
  })()
  return {
    served(more: number) {
      const wanted = served + more
      return new Promise<void>((resolve) => {
        const look = () => served >= wanted && (waiting.delete(look), resolve())
        waiting.add(look)
      })
    },
    async stop() {
      going = false
      await life
      return missed
    },
  }
}

test('a mapping beside it is not touched: its visitor misses nothing', async () => {
  const visits = keepVisiting([port.second])
  await visits.served(3)
  await pull(insideRow('other'), hostRow(port.stranger), async () => {
    await said(/is taken by .* is free/)
  })
  await expect.poll(() => published('other'), { timeout: patience }).toHaveLength(1)
  await visits.served(3)
  expect(await visits.stop()).toBe(0)
  const [line = ''] = await published('other')
  const chosen = Number(line.split(':').at(-1))
  expect(chosen).not.toBe(port.stranger)
  expect(await visit(chosen)).toContain('web 1.0')
})

test('undo takes it away again', async () => {
  await board().focus()
  await page.keyboard.press('Control+z')
  await until(() => published('other'), [])
})

test('by mouse: a mapping pulled to another container leads there from then on', async () => {
  await pull(hostRow(port.second), insideRow('other'), () => said(`Port ${port.second} leads to other:8080`))
  await until(() => published('other'), [`8080/tcp -> 0.0.0.0:${port.second}`])
  expect(await published('site')).toEqual([])
  expect(await visit(port.second)).toContain('web 1.0')
})

test('by keyboard: publish for this machine only, then take it away', async () => {
  await board().focus()
  await toInside('site')
  await page.keyboard.press('Enter')
  const form = page.getByRole('dialog', { name: 'Publish a port of site' })
  await form.getByLabel('Port on this machine').waitFor()
  await page.keyboard.type(String(port.third))
  await form.getByLabel('Reachable at').focus()
  await page.keyboard.type('127.0.0.1')
  await page.keyboard.press('Enter')
  await until(() => published('site'), [`8080/tcp -> 127.0.0.1:${port.third}`])
  await form.waitFor({ state: 'hidden' })
  await board().focus()
  await toInside('site')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Delete')
  await page.getByRole('button', { name: 'Take away' }).click()
  await until(() => published('site'), [])
})

const current = async () => {
  const id = await board().getAttribute('aria-activedescendant')
  return id === null ? '' : ((await page.locator(`[id="${id}"]`).getAttribute('aria-label')) ?? '')
}
/** From wherever, to the right side and down to the container. */
async function toInside(container: string) {
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Home')
  for (let step = 0; step < 12; step++) {
    if ((await current()).includes(`of ${container},`)) return
    await page.keyboard.press('ArrowDown')
  }
  throw new Error(`no row of ${container} was reached`)
}

test('what the command line does appears at once, ranges are one row', async () => {
  const start = 23_400
  await docker('run', '-d', '--name', 'ranged', '-p', `${start}-${start + 4}:9000-9004`, stage.busybox, 'sleep', '1000000')
  await hostRow(start).getByText(`${start}–${start + 4}`).waitFor()
  await docker('rm', '-f', 'ranged')
  await hostRow(start).waitFor({ state: 'detached' })
})

test('the list and the container’s own page edit the same', async () => {
  await page.getByRole('radio', { name: 'List' }).or(page.getByRole('button', { name: 'List', exact: true })).click()
  await page.getByRole('row', { name: new RegExp(`${port.second} other`) }).click()
  const form = page.getByRole('dialog', { name: 'Edit published port' })
  await form.getByLabel('Port on this machine').fill(String(port.first))
  await page.keyboard.press('Enter')
  await until(() => published('other'), [`8080/tcp -> 0.0.0.0:${port.first}`])
  await form.waitFor({ state: 'hidden' })
  await page.goto(`${new URL('/', page.url()).href}#/containers/${await docker('inspect', '-f', '{{.Id}}', 'other')}/overview`)
  const ports = page.getByRole('listitem').filter({ hasText: String(port.first) })
  await ports.hover()
  await ports.getByRole('button', { name: 'Take away' }).click()
  await page.getByRole('alertdialog').or(page.getByRole('dialog')).getByRole('button', { name: 'Take away' }).click()
  await until(() => published('other'), [])
})
