import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { ApplyProgress, ApplyRequest, ObjectPlan } from '../../src/shared/contract/kubernetes-apply.ts'
import { openConnection } from '../../src/main/connections/connection.ts'
import { memoryJournal } from '../../src/main/connections/journal.ts'
import { createApplies, type ApplyCalls } from '../../src/main/connections/kubernetes/apply/applies.ts'
import type { ApplyRecord } from '../../src/main/connections/kubernetes/apply/apply-record.ts'
import { Refusal, startFakeEngine } from '../../src/main/connections/testing/fake-engine.ts'

/**
 * What the app calls, on a real cluster: `SLIPWAY_KUBECONFIG=FILE npm run kubernetes`, where that file's current context may do everything. All of it is in a
 * namespace that the test makes. Pods never reach a node: kubectl, which is needed, says how they fare.
 */
const patience = 120_000
const namespace = `slipway-test-${Date.now().toString(36)}`
const lifetime = new AsyncDisposableStack()
const operation = { signal: new AbortController().signal, progress: () => {} }
const journal = memoryJournal<ApplyRecord>()
let calls: ApplyCalls
let [folder, admin] = ['', '']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'))
  lifetime.defer(() => rm(folder, { recursive: true }))
  const given = process.env['SLIPWAY_KUBECONFIG']!
  const { stdout } = await run('kubectl', ['--kubeconfig', given, 'config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  const config = JSON.parse(stdout) as { users: { name: string; user: object }[]; contexts: { name: string; context: { user: string } }[] }
  const [{ user }, { context }] = [config.users[0]!, config.contexts[0]!]
  // Somebody who may do next to nothing.
  config.users.push({ name: 'ada', user: { ...user, as: 'ada' } })
  config.contexts = [{ name: 'real', context }, { name: 'ada', context: { ...context, user: 'ada' } }]
  admin = join(folder, 'config')
  await writeFile(admin, JSON.stringify({ ...config, 'current-context': 'real' }))
  process.env['KUBECONFIG'] = admin
  await kubectl('create', 'namespace', namespace)
  lifetime.defer(() => kubectl('delete', 'namespace', namespace, '--wait=false').then(() => {}))
  const engine = lifetime.use(await startFakeEngine())
  engine.routes.set('GET /images/*/json', () => new Refusal(404, 'no such image'))
  const connection = lifetime.use(openConnection({ id: 'here', name: 'here', target: { kind: 'socket', socketPath: engine.socketPath } }))
  await connection.ready(operation.signal)
  calls = createApplies(journal).of(connection)
  lost = (record) => createApplies(record).of(connection)
}, patience)
afterAll(() => lifetime.disposeAsync(), patience)

/** The app's next life, with what the former wrote down. */
let lost: (journal: ReturnType<typeof memoryJournal<ApplyRecord>>) => ApplyCalls
const run = promisify(execFile)
const kubectl = async (...args: string[]) => (await run('kubectl', ['--kubeconfig', admin, ...args])).stdout
const within = (...args: string[]) => kubectl('-n', namespace, ...args)
const live = async (kind: string, name: string) => JSON.parse(await within('get', kind, name, '-o', 'json')) as { metadata: { uid: string }; spec: Record<string, unknown>; data?: Record<string, string> }
const names = async (...kinds: string[]) => (await within('get', kinds.join(','), '-o', 'name')).trim().split('\n').filter((name) => name && !/kube-root-ca|default-token/.test(name)).sort()

const labels = { 'app.kubernetes.io/name': 'web' }
const web = (image = 'registry.k8s.io/pause:3.9', replicas = 2) => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels },
  spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { nodeSelector: { 'slipway.test/nowhere': 'true' }, containers: [{ name: 'web', image, ports: [{ containerPort: 80, protocol: 'TCP' }] }] } } },
})
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: labels, ports: [{ name: 'tcp-80', port: 80, protocol: 'TCP' }] } }
const env = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web-env' }, data })
const secret = (TOKEN: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web-env' }, type: 'Opaque', stringData: { TOKEN } })
const text = (...objects: object[]) => objects.map((each) => stringify(each)).join('---\n')
const requestOf = (manifest: string, more: Partial<ApplyRequest> = {}): ApplyRequest => ({ id: crypto.randomUUID(), subject: 'project:shop', context: 'real', namespace, text: manifest, force: false, ...more })
const plan = async (manifest: string, more: { context?: string; force?: boolean } = {}) => (await calls.planApply({ context: 'real', namespace, text: manifest, force: false, ...more }, operation)).objects
const told = (objects: readonly ObjectPlan[]) => objects.map(({ kind, name, change, reason }) => [kind, name, change, ...(reason ? [reason] : [])].join(' '))

test('its contexts, its version and its namespaces', async () => {
  expect((await calls.contexts(undefined, operation)).contexts.map(({ name }) => name)).toEqual(['real', 'ada'])
  const { names: all, version } = await calls.namespaces({ context: 'real' }, operation)
  console.log(`Kubernetes ${version}`)
  expect(all).toContain(namespace)
  // Who may not list them can still name one.
  expect((await calls.namespaces({ context: 'ada' }, operation)).names).toBeUndefined()
  await expect(calls.planApply({ context: 'real', namespace: `${namespace}-no`, text: text(service), force: false }, operation)).rejects.toMatchObject({ reason: 'no-namespace' })
})

test.each(['shop', 'odd'])('what is written of the compose file %s is taken as it is, is what was asked for, and goes again', { timeout: patience }, async (name) => {
  const file = join(import.meta.dirname, '../../src/main/connections/kubernetes/fixtures', name, 'manifests.yaml')
  // Names of variables with a space are taken from Kubernetes 1.32 on.
  const manifest = (await readFile(file, 'utf8')).replace(/---\n(?:#[^\n]*\n)*$/, '').replace('with space', 'with_space')
  const objects = await plan(manifest)
  expect(told(objects.filter(({ change }) => change !== 'created'))).toEqual([])
  const id = crypto.randomUUID()
  const { applied, problem } = await calls.apply(requestOf(manifest, { id, patience: 1 }), operation)
  expect([problem, applied.length]).toEqual([undefined, objects.length])
  expect(told((await plan(manifest)).filter(({ change }) => change !== 'unchanged'))).toEqual([])
  const { removed, left } = await calls.undoApply({ id }, operation)
  expect([removed.length, left]).toEqual([objects.length, []])
})

test('a dry run keeps nothing; an apply says what became of each; the same again changes nothing, whatever the server adds', { timeout: patience }, async () => {
  const manifest = text(env({ A: '1' }), secret('hush'), web(), service)
  expect(told(await plan(manifest))).toEqual(['ConfigMap web-env created', 'Secret web-env created', 'Deployment web created', 'Service web created'])
  expect(await names('configmap', 'secret', 'deployment', 'service')).toEqual([])
  const { applied, problem } = await calls.apply(requestOf(manifest, { patience: 1 }), operation)
  expect([problem, applied.map(({ change }) => change)]).toEqual([undefined, ['created', 'created', 'created', 'created']])
  expect((await live('secret', 'web-env')).data).toEqual({ TOKEN: 'aHVzaA==' })
  expect((await live('service', 'web')).spec['clusterIP']).toBeTruthy()
  expect((await plan(manifest)).filter(({ change }) => change !== 'unchanged')).toEqual([])
  const changed = await plan(text(env({ A: '2', B: '3' }), secret('other'), web('registry.k8s.io/pause:3.10'), service))
  expect(changed.map(({ changes }) => changes)).toEqual([
    [{ path: 'data.A', before: '1', after: '2' }, { path: 'data.B', after: '3' }],
    [{ path: 'data.TOKEN', before: '•••', after: '•••' }],
    [{ path: 'spec.template.spec.containers[web].image', before: 'registry.k8s.io/pause:3.9', after: 'registry.k8s.io/pause:3.10' }],
    [],
  ])
})

test('a rollout is followed: what keeps its pods, then all of it ready', { timeout: patience }, async () => {
  let last: ApplyProgress | undefined
  let news = Promise.withResolvers<void>()
  const done = calls.apply(requestOf(text(web('registry.k8s.io/pause:3.10')), { patience }), {
    ...operation,
    progress(step) {
      if (step.kind === 'apply') last = step
      news.resolve()
      news = Promise.withResolvers()
    },
  })
  const until = async (holds: (step: ApplyProgress) => boolean) => {
    while (!last || !holds(last)) await Promise.race([news.promise, done.then((answer) => Promise.reject(new Error(`it has ended: ${JSON.stringify(answer)}`)))])
  }
  await until(({ workloads }) => workloads?.[0]?.wanted === 2)
  const ours = async () => (await within('get', 'pods', '-l', Object.entries(labels).map((each) => each.join('=')).join(','), '-o', 'jsonpath={range .items[?(@.spec.containers[0].image=="registry.k8s.io/pause:3.10")]}{.metadata.name} {end}')).split(' ').filter(Boolean)
  await expect.poll(async () => (await ours()).length, { timeout: patience }).toBeGreaterThan(0)
  const [first] = await ours()
  await status(first!, { containerStatuses: [{ ...container, ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } } }] })
  await until(({ workloads }) => workloads?.[0]?.troubles.some(({ pod, reason }) => pod === first && reason === 'CrashLoopBackOff') === true)
  // The second pod of the new kind comes once the first is ready.
  const time = new Date().toISOString()
  const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }], containerStatuses: [{ ...container, ready: true, started: true, restartCount: 3, state: { running: { startedAt: time } } }] }
  const served = new Set<string>()
  let answered = false
  void done.finally(() => (answered = true)).catch(() => {})
  const serve = async () => {
    for (const pod of (await ours()).filter((name) => !served.has(name))) {
      await status(pod, ready)
      served.add(pod)
    }
    return answered
  }
  await expect.poll(serve, { timeout: patience }).toBe(true)
  expect(await done).toMatchObject({ ready: true, workloads: [{ state: 'ready', ready: 2, wanted: 2 }] })
})
const container = { name: 'web', image: 'registry.k8s.io/pause:3.10', imageID: '', lastState: {} }
const status = (pod: string, value: object) => within('patch', 'pod', pod, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status: value }))

test('a field of another manager is refused, and taken when that is wished', async () => {
  await within('apply', '--server-side', '--force-conflicts', '--field-manager=someone', '-f', await fileOf(web('registry.k8s.io/pause:3.10', 5)))
  const [refused] = await plan(text(web('registry.k8s.io/pause:3.10', 3)))
  expect(refused).toMatchObject({ change: 'refused', conflict: true, reason: expect.stringMatching(/spec\.replicas.*someone/) })
  expect(await calls.apply(requestOf(text(web('registry.k8s.io/pause:3.10', 3))), operation)).toMatchObject({ ready: false, problem: { hint: expect.stringContaining('Another program manages these fields') } })
  expect((await live('deployment', 'web')).spec['replicas']).toBe(5)
  const id = crypto.randomUUID()
  await calls.apply(requestOf(text(web('registry.k8s.io/pause:3.10', 3)), { id, force: true, patience: 1 }), operation)
  expect((await live('deployment', 'web')).spec['replicas']).toBe(3)
  expect(await calls.undoApply({ id }, operation)).toMatchObject({ restored: [{ kind: 'Deployment', name: 'web' }], left: [] })
  expect((await live('deployment', 'web')).spec['replicas']).toBe(5)
  // The other manages it as before.
  expect((await plan(text(web('registry.k8s.io/pause:3.10', 3))))[0]).toMatchObject({ change: 'refused', conflict: true })
})
async function fileOf(object: object): Promise<string> {
  const file = join(folder, 'object.json')
  await writeFile(file, JSON.stringify(object))
  return file
}

test('who may do less is told what, object by object', async () => {
  await within('create', 'role', 'some', '--verb=get,patch,create', '--resource=configmaps')
  await within('create', 'rolebinding', 'some', '--role=some', '--user=ada')
  const [map, other] = await plan(text(env({ A: 'of ada' }), secret('no')), { context: 'ada' })
  expect(map).toMatchObject({ change: 'changed' })
  expect(other).toMatchObject({ change: 'refused', reason: expect.stringMatching(/secrets "web-env" is forbidden: User "ada" cannot get/) })
})

test('what is wrong with an object is told in the server’s words, and so is a field that it does not know', async () => {
  const bad = { ...web(), metadata: { name: 'Not_A_Name' } }
  const odd = { ...env({}), metadata: { name: 'odd' }, imaginary: true }
  const [name, field, kind] = await plan(text(bad, odd, { apiVersion: 'example.org/v1', kind: 'Odd', metadata: { name: 'odd' } }))
  expect(name).toMatchObject({ change: 'refused', reason: expect.stringMatching(/metadata\.name: Invalid value/) })
  expect(field).toMatchObject({ change: 'refused', reason: expect.stringMatching(/imaginary/) })
  expect(kind).toMatchObject({ change: 'refused', reason: 'The cluster knows no Odd of example.org/v1.' })
})

test('what admission adds is no change of ours', async () => {
  await within('create', '-f', await fileOf({ apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'usual' }, spec: { limits: [{ type: 'Container', default: { memory: '64Mi' }, defaultRequest: { memory: '32Mi' } }] } }))
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'alone' }, spec: { nodeSelector: { 'slipway.test/nowhere': 'true' }, containers: [{ name: 'alone', image: 'registry.k8s.io/pause:3.9' }] } }
  const id = crypto.randomUUID()
  await calls.apply(requestOf(text(pod), { id, patience: 1 }), operation)
  expect(((await live('pod', 'alone')).spec['containers'] as { resources: object }[])[0]!.resources).toEqual({ limits: { memory: '64Mi' }, requests: { memory: '32Mi' } })
  expect((await plan(text(pod)))[0]).toMatchObject({ change: 'unchanged' })
  expect((await calls.undoApply({ id }, operation)).removed).toHaveLength(1)
})

test('cut off by death before the answer was heard: told to the next life, and undone there', { timeout: patience }, async () => {
  const dying = memoryJournal<ApplyRecord>()
  let writes = 0
  const id = crypto.randomUUID()
  const before = await live('configmap', 'web-env')
  const manifest = text(env({ A: '9' }), { ...service, metadata: { name: 'late' } })
  // Of each object one write before the deed and one after: it dies after the deed on the second.
  const cut = lost({ ...dying, write: async (record) => (++writes < 5 ? dying.write(record) : Promise.reject(new Error('dead'))) })
  await expect(cut.apply(requestOf(manifest, { id }), operation)).rejects.toThrow('dead')
  expect((await live('configmap', 'web-env')).data).toEqual({ A: '9' })
  expect(await names('service')).toEqual(['service/late', 'service/web'])
  const next = lost(dying)
  expect(await next.applies(undefined, operation)).toMatchObject([{ id, cut: true }])
  expect(await next.undoApply({ id }, operation)).toMatchObject({ removed: [{ kind: 'Service', name: 'late' }], restored: [{ kind: 'ConfigMap', name: 'web-env' }], left: [] })
  expect((await live('configmap', 'web-env')).data).toEqual(before.data)
  expect(await names('service')).toEqual(['service/web'])
})

test('undone, the last first: what was made is gone, with its pods, whoever has written on it since', { timeout: patience }, async () => {
  const all = await calls.applies(undefined, operation)
  const first = all.at(-1)!
  for (const { id } of all.slice(0, -1)) await calls.undoApply({ id }, operation)
  await within('patch', 'service', 'web', '--type=merge', '-p', '{"metadata":{"labels":{"by":"hand"}}}')
  const answer = await calls.undoApply({ id: first.id }, operation)
  expect(answer.removed.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['Service web', 'Deployment web', 'Secret web-env', 'ConfigMap web-env'])
  await expect.poll(() => names('pods', 'replicaset', 'deployment', 'secret', 'configmap', 'service'), { timeout: patience }).toEqual([])
})
