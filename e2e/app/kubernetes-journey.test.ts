import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Page } from 'playwright-core'
import { startFakeApiServer, type FakeApiServer } from '../../src/main/connections/kubernetes/apply/testing/fake-api-server.ts'
import { startFakeEngine, wireContainer, type FakeEngine } from '../../src/main/connections/testing/fake-engine.ts'
import { installFakeSwarm, type FakeSwarm } from '../../src/main/connections/testing/fake-swarm.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { makeCertificates } from '../fixtures/certificates.ts'
import { launchApp, type LaunchOptions, type RunningApp } from './drivers/launch-app.ts'

/**
 * A container taken to Kubernetes in real Chromium: the whole app, its own certificate at an API server in memory over real TLS; and the app killed in the middle
 * of an apply, and of a move to a swarm. No real cluster is in it (docs/scaling.md).
 */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const patience = 60_000
const lifetime = new AsyncDisposableStack()
const web = '/apis/apps/v1/namespaces/team/deployments/web'
let [home, options] = ['', {} as LaunchOptions]
let engine: FakeEngine
let lab: FakeEngine
let swarm: FakeSwarm
let server: FakeApiServer
let app: RunningApp
let page: Page

beforeAll(async () => {
  await buildApp()
  home = await mkdtemp(join(tmpdir(), 'slipway-kubernetes-'))
  lifetime.defer(() => rm(home, { recursive: true, force: true }))
  const pem = makeCertificates(home, 'cluster.example')
  const [ca, cert, key] = [pem.ca, pem.server, pem.serverKey].map((path) => readFileSync(path))
  server = lifetime.use(await startFakeApiServer({ tls: { ca: ca!, cert: cert!, key: key! } }))
  writeFileSync(join(home, 'kubeconfig'), JSON.stringify({
    clusters: [{ name: 'lab', cluster: { server: server.url, 'certificate-authority': 'ca.pem', 'tls-server-name': 'cluster.example' } }],
    users: [{ name: 'ada', user: { 'client-certificate': 'client.pem', 'client-key': 'client-key.pem' } }, { name: 'stranger', user: { 'client-certificate': 'stranger.pem', 'client-key': 'stranger-key.pem' } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'ada', namespace: 'team' } }, { name: 'nobody', context: { cluster: 'lab', user: 'stranger' } }],
    'current-context': 'lab',
  }))
  engine = lifetime.use(await startFakeEngine())
  engine.containers.set('web1', wireContainer('web1', { Names: ['/web'], Image: 'nginx:1.27' }))
  engine.routes.set('GET /containers/*/json', () => ({ Id: 'web1', Name: '/web', Image: 'sha256:1', Config: { Image: 'nginx:1.27', Env: ['A=1', 'PASSWORD=geheim'] }, HostConfig: { RestartPolicy: { Name: 'always' }, PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }, NetworkSettings: { Networks: {} } }))
  engine.routes.set('GET /images/*/json', () => ({ Id: 'sha256:1', RepoTags: ['nginx:1.27'], RepoDigests: ['nginx@sha256:abc'], Config: { Env: [] } }))
  lab = lifetime.use(await startFakeEngine())
  swarm = installFakeSwarm(lab)
  Object.assign(swarm.self, { state: 'active', manager: true })
  swarm.addNode('one', 'manager')
  options = { shell: 'browser', home, engineSocket: engine.socketPath, environment: { KUBECONFIG: join(home, 'kubeconfig') }, settings: { welcomed: true, connections: [{ id: 'lab', name: 'Lab', target: { kind: 'socket', socketPath: lab.socketPath } }] } }
  await start()
}, 900_000)
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await lifetime.disposeAsync()
})
afterEach(({ task }) => {
  if (task.result?.state === 'fail') return page.locator('body').innerText().then((text) => console.error(`The page when it went wrong, at ${page.url()}:\n${text}`))
})

async function start() {
  app = await launchApp(options)
  page = app.page
  page.setDefaultTimeout(patience)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.getByText('Engine ready').waitFor()
}
async function killAndStartAgain() {
  process.kill(app.pid, 'SIGKILL')
  await app[Symbol.asyncDispose]()
  await start()
}
const go = (address: string) => page.evaluate((to) => void (location.hash = to), address)
const sheet = () => page.getByRole('dialog')
const press = (name: string) => sheet().getByRole('button', { name, exact: true }).click()
async function chooseCluster(name: string) {
  await sheet().getByRole('combobox', { name: 'Cluster' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('option', { name }).press('Enter')
}
const soon = (holds: () => void) => vi.waitFor(holds, { timeout: patience, interval: 50 })
const there = () => [...server.objects.values()].filter(({ kind }) => kind !== 'Namespace').map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()
async function accessible(what: string) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const found = (await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target.join(' '), failureSummary].join(' '))))`)) as string[]
  expect.soft(found, what).toEqual([])
}

test('what the cluster would make is shown, applied with the user’s certificate, followed until it is ready, and undone', async () => {
  await go('/containers?kubernetes=container:web')
  await press('Apply to a cluster…')
  await sheet().getByText('Deployment web').waitFor()
  expect(await sheet().getByRole('listitem').filter({ hasText: 'new' }).count()).toBe(4)
  expect(there()).toEqual([])
  await accessible('what would change')
  await press('Apply it')
  await sheet().getByText('0 of 1').waitFor()
  const labels = { 'app.kubernetes.io/name': 'web' }
  server.put('/api/v1/namespaces/team/pods/web-a', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-a', namespace: 'team', labels }, status: { containerStatuses: [{ name: 'web', restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } }] } })
  server.logs = () => 'no database\n'
  await sheet().getByText('It ends again and again').waitFor()
  await accessible('while it is waited for')
  server.remove('/api/v1/namespaces/team/pods/web-a')
  server.change(web, (object) => void (object['status'] = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }))
  await sheet().getByRole('heading', { name: 'All of it is ready on lab' }).waitFor()
  await sheet().getByRole('button', { name: 'Stop it here' }).waitFor()
  await accessible('ready')
  expect(there()).toEqual(['ConfigMap web-env', 'Deployment web', 'Secret web-env', 'Service web'])
  await press('Undo')
  await sheet().getByText('Undone: 4 removed, 0 put back.').waitFor()
  expect(there()).toEqual([])
})

test('a certificate that the cluster does not know is said to be none, by the keyboard', async () => {
  await go('/containers?kubernetes=container:web&apply')
  await chooseCluster('nobody')
  await sheet().getByText('The cluster does not know who this is').waitFor()
  expect(await sheet().getByRole('button', { name: 'Apply it' }).isDisabled()).toBe(true)
  await chooseCluster('lab')
  await sheet().getByText('Deployment web').waitFor()
})

test('an apply that the app’s death cut off is told when it starts again, and undone there', async () => {
  await go('/containers')
  await go('/containers?kubernetes=container:web&apply')
  const held = Promise.withResolvers<void>()
  lifetime.defer(() => held.resolve())
  await sheet().getByText('Deployment web').waitFor()
  server.admit = (_user, method, path) => (method === 'PATCH' && path === web ? held.promise : undefined)
  await press('Apply it')
  await soon(() => expect(there()).toEqual(['ConfigMap web-env', 'Secret web-env', 'Service web']))
  await soon(() => expect(server.asked.at(-1)).toContain(`PATCH ${web}`))
  await killAndStartAgain()
  server.admit = () => {}
  await page.getByText('An apply to lab was cut off', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await sheet().getByText('An apply to lab, team, was cut off').waitFor()
  await press('Undo')
  await sheet().getByText('Undone: 3 removed, 0 put back.').waitFor()
  expect(there()).toEqual([])
})

test('a move to a swarm that the app’s death cut off is taken back when it starts again; what ran here goes on', async () => {
  swarm.fate = () => ({ State: 'starting' })
  await go('/containers?move=container:web')
  await press('Move it')
  await sheet().getByText('0 of 1').waitFor()
  expect([...swarm.services.values()].map(({ Spec }) => Spec.Name)).toEqual(['web_web'])
  await killAndStartAgain()
  await soon(() => expect(swarm.services.size).toBe(0))
  expect([...engine.containers.keys()]).toEqual(['web1'])
  expect(engine.asked.filter((asked) => /\/(stop|kill)/.test(asked))).toEqual([])
})
