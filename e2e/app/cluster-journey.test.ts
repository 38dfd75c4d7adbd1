import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Page } from 'playwright-core'
import { startFakeEngine, stdcopyFrame, wireContainer, type FakeEngine } from '../../src/main/connections/testing/fake-engine.ts'
import { installFakeSwarm, type FakeSwarm } from '../../src/main/connections/testing/fake-swarm.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { launchApp } from './drivers/launch-app.ts'

/**
 * A cluster in real Chromium: the whole app on a Docker API in memory that schedules tasks as a manager does. The same against three of Docker's own engines is
 * `npm run cluster`.
 */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let engine: FakeEngine
let swarm: FakeSwarm
let page: Page

beforeAll(async () => {
  await buildApp()
  engine = lifetime.use(await startFakeEngine())
  swarm = installFakeSwarm(engine)
  engine.containers.set('web1', wireContainer('web1', { Names: ['/web'], Image: 'nginx:1.27' }))
  engine.routes.set('GET /containers/*/json', () => ({ Id: 'web1', Name: '/web', Image: 'sha256:1', Config: { Image: 'nginx:1.27', Env: ['A=1'] }, HostConfig: { Privileged: true, PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } }))
  engine.routes.set('GET /tasks/*/logs', ({ params: [id], response }) => {
    response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' })
    response.end(stdcopyFrame('stdout', `2026-01-01T00:00:00.000000000Z here is ${swarm.nodes.get(swarm.tasks.get(id ?? '')?.NodeID ?? '')?.Description?.Hostname}\n`))
  })
  page = lifetime.use(await launchApp({ shell: 'browser', engineSocket: engine.socketPath, width: 1600 })).page
  page.setDefaultTimeout(patience)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(() => lifetime.disposeAsync())
afterEach(({ task }) => {
  if (task.result?.state === 'fail') return page.locator('body').innerText().then((text) => console.error(`The page when it went wrong, at ${page.url()}:\n${text}`))
})

const go = (address: string) => page.evaluate((to) => void (location.hash = to), address)
const dialog = () => page.getByRole('dialog')
const press = (name: string) => dialog().getByRole('button', { name, exact: true }).click()
const node = (name: string) => page.locator('[data-node]').filter({ hasText: name })
const inZone = (zone: string, name: string) => page.getByRole('region', { name: zone, exact: true }).locator('[data-node]').filter({ hasText: name }).waitFor()
const spec = (name: string) => [...swarm.services.values()].find(({ Spec }) => Spec.Name === name)?.Spec
const availability = (name: string) => [...swarm.nodes.values()].find(({ Description }) => Description?.Hostname === name)?.Spec.Availability
const soon = (holds: () => void) => vi.waitFor(holds, { timeout: patience, interval: 50 })
async function choose(name: string) {
  await page.getByRole('menuitem', { name, exact: true }).click()
}
async function accessible(what: string) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const found = (await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, html, failureSummary }) => [id, target.join(' '), html.slice(0, 200), failureSummary].join(' '))))`)) as string[]
  expect.soft(found, what).toEqual([])
}

test('an engine of no cluster is made the first of one: the rail has it from then on, other machines are told how to join', async () => {
  const rail = page.getByRole('navigation', { name: 'Places' })
  expect(await rail.getByRole('link', { name: 'Cluster' }).count()).toBe(0)
  await go('/cluster')
  await page.getByRole('heading', { name: 'This engine is of no cluster' }).waitFor()
  await accessible('of no cluster')
  await page.getByRole('button', { name: 'Make a cluster' }).click()
  await inZone('Taking tasks', 'one')
  await go('/containers')
  await rail.getByRole('link', { name: 'Cluster' }).click()
  await page.getByRole('button', { name: 'Add a machine' }).click()
  await dialog().getByText('docker swarm join --token SWMTKN-1-w 10.0.0.1:2377').waitFor()
  await accessible('a machine is added')
  await dialog().getByText('Manager', { exact: true }).click()
  await dialog().getByText('docker swarm join --token SWMTKN-1-m 10.0.0.1:2377').waitFor()
  await press('Make this command invalid')
  await dialog().getByText('docker swarm join --token SWMTKN-1-m+ 10.0.0.1:2377').waitFor()
  await press('Close')
  for (const name of ['two', 'three']) swarm.addNode(name)
  await inZone('Taking tasks', 'three')
})

test('a service is made, with what is wrong said at its field; it is slid to more by the arrow keys', async () => {
  await page.getByRole('button', { name: 'New service' }).click()
  await press('Create')
  await dialog().getByText('This is needed.').first().waitFor()
  await accessible('a service is made')
  await dialog().getByLabel('Name', { exact: true }).fill('web')
  await dialog().getByLabel('Image', { exact: true }).fill('nginx:1.27')
  await dialog().getByLabel('Tasks', { exact: true }).fill('3')
  await press('Create')
  await dialog().waitFor({ state: 'hidden' })
  expect(spec('web')).toMatchObject({ Mode: { Replicated: { Replicas: 3 } } })
  const slider = page.getByRole('slider', { name: 'How many of web' })
  await slider.waitFor()
  await slider.press('ArrowRight')
  await soon(() => expect(spec('web')?.Mode?.Replicated?.Replicas).toBe(4))
  await page.getByText('4/4').first().waitFor()
  await accessible('the picture')
})

test('a machine is pulled over to be drained, and used again by a key; the others have its tasks', async () => {
  const [from, to] = [await node('two').boundingBox(), await page.getByRole('region', { name: 'Drained' }).boundingBox()]
  await page.mouse.move(from!.x + 40, from!.y + 60)
  await page.mouse.down()
  await page.mouse.move(to!.x + 60, to!.y + to!.height / 2, { steps: 5 })
  await page.getByText(/^Drain two: its/).waitFor()
  await page.mouse.up()
  await inZone('Drained', 'two')
  expect(availability('two')).toBe('drain')
  await soon(() => expect([...swarm.tasks.values()].filter(({ DesiredState }) => DesiredState === 'running').map(({ NodeID }) => NodeID)).not.toContain([...swarm.nodes.values()][1]?.ID))
  await node('two').focus()
  await page.keyboard.press('d')
  await inZone('Taking tasks', 'two')
  expect(availability('two')).toBe('active')
  await page.keyboard.press('ControlOrMeta+z')
  await inZone('Drained', 'two')
  await page.keyboard.press('ControlOrMeta+z')
})

test('tasks and logs of a service, wherever they run; an update and the way back', async () => {
  await go('/cluster?view=services')
  await page.getByRole('row', { name: 'web', exact: true }).click()
  await page.getByRole('row', { name: 'web.1', exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Logs' }).click()
  await page.getByText('here is three').first().waitFor()
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByText('one address, shared out by the kernel').waitFor()
  await accessible('a service')
  await page.getByRole('button', { name: 'Change…' }).click()
  await dialog().getByLabel('Image', { exact: true }).fill('nginx:1.28')
  await press('Update')
  await dialog().waitFor({ state: 'hidden' })
  expect(spec('web')?.TaskTemplate.ContainerSpec?.Image).toMatch(/^nginx:1\.28@sha256:/)
  await page.getByRole('row', { name: 'web', exact: true }).click({ button: 'right' })
  await choose('Roll back')
  await soon(() => expect(spec('web')?.TaskTemplate.ContainerSpec?.Image).toMatch(/^nginx:1\.27@sha256:/))
  await page.getByText('Rolled back').first().waitFor()
})

test('a task that cannot run says why; a machine that is lost is shown as lost', async () => {
  swarm.fate = (image) => (image.startsWith('broken') ? { State: 'rejected', Err: 'No such image: broken:1' } : undefined)
  await go('/cluster?service=new')
  await dialog().getByLabel('Name', { exact: true }).fill('sick')
  await dialog().getByLabel('Image', { exact: true }).fill('broken:1')
  await press('Create')
  await dialog().waitFor({ state: 'hidden' })
  await go('/cluster?view=services')
  await page.getByRole('row', { name: 'sick', exact: true }).click()
  await page.getByText('No such image: broken:1').first().waitFor()
  await page.getByText('Does not start').first().waitFor()
  swarm.lose([...swarm.nodes.values()][2]!)
  await go('/cluster?view=nodes')
  await page.getByRole('row', { name: 'three', exact: true }).getByText('Down').waitFor()
  swarm.comeBack([...swarm.nodes.values()][2]!)
  await page.getByRole('row', { name: 'three', exact: true }).getByText('Active').waitFor()
})

test('a secret is kept and never shown, a config can be read; what is used cannot be removed', async () => {
  await go('/cluster?view=files')
  await page.getByRole('button', { name: 'New secret' }).click()
  await dialog().getByLabel('Name', { exact: true }).fill('token')
  await dialog().getByLabel('Content', { exact: true }).fill('hush')
  await press('Keep it')
  await page.getByRole('row', { name: 'token', exact: true }).waitFor()
  await go('/cluster?view=files&config')
  await dialog().getByLabel('Name', { exact: true }).fill('site')
  await dialog().getByLabel('Content', { exact: true }).fill('listen 80;')
  await press('Keep it')
  await page.getByRole('row', { name: 'site', exact: true }).click()
  await dialog().getByText('listen 80;').waitFor()
  await press('Close')
  await accessible('secrets and configs')
  await go('/cluster?view=files&service=container:web1')
  await dialog().getByText('--privileged').waitFor()
  await dialog().getByLabel('Name', { exact: true }).fill('like-web')
  await dialog().getByText('Files', { exact: true }).click()
  await dialog().getByLabel('Secrets', { exact: true }).fill('token')
  await press('Create')
  await dialog().waitFor({ state: 'hidden' })
  expect(spec('like-web')).toMatchObject({ EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] }, TaskTemplate: { ContainerSpec: { Env: ['A=1'], Secrets: [{ SecretName: 'token' }] } } })
  await page.getByRole('row', { name: 'token', exact: true }).getByText('like-web').waitFor()
  await page.getByRole('row', { name: 'token', exact: true }).click({ button: 'left' })
  await page.keyboard.press('Delete')
  await page.getByText('It is used by like-web').waitFor()
  await page.keyboard.press('Escape')
  expect(await page.locator('body').innerText()).not.toContain('hush')
})

test('managers without a leader are said; the last manager that leaves ends the cluster, by name', async () => {
  await go('/cluster?view=services')
  swarm.leaderless = true
  await page.getByText('The managers do not answer as a cluster').waitFor()
  await page.getByRole('row', { name: 'like-web', exact: true }).waitFor()
  swarm.leaderless = false
  await page.getByText('The managers do not answer as a cluster').waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'More actions' }).first().click()
  await choose('Leave the cluster')
  await page.getByText('It is the only manager').waitFor()
  await page.getByRole('alertdialog').or(dialog()).getByRole('button', { name: 'Leave the cluster' }).click()
  await page.getByRole('heading', { name: 'This engine is of no cluster' }).waitFor()
  await go('/containers')
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Cluster' }).waitFor({ state: 'hidden' })
})
