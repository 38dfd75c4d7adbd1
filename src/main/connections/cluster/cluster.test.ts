import { expect, onTestFinished, test } from 'vitest'
import type { ClusterContents, ClusterMessage } from '#shared/contract/cluster.ts'
import { emptyDraft, type ServiceDraft } from '#shared/contract/service-draft.ts'
import { clusterOf } from './cluster.ts'
import { draftOf } from './draft.ts'
import { memoryJournal } from '../journal.ts'
import { createClusterMoves } from './move/moves.ts'
import { specOf } from './spec.ts'
import { startLab } from './testing/start-lab.ts'
import { watchCluster } from './watch.ts'

const operation = { signal: new AbortController().signal, progress: () => {} }
const pace = { moving: 20, still: 20, silent: 20 }
const noFiles = { secrets: new Map(), configs: new Map() }

/** As the page keeps what it is told. */
function look(connection: Parameters<typeof watchCluster>[0]) {
  const leaving = new AbortController()
  const told: ClusterMessage[] = []
  let contents: ClusterContents = { nodes: [], services: [], tasks: [], secrets: [], configs: [] }
  let news = Promise.withResolvers<void>()
  const read = async () => {
    for await (const message of watchCluster(connection, leaving.signal, pace)) {
      told.push(message)
      if (message.kind === 'contents') contents = message.contents
      if (message.kind === 'changed') {
        const ids = new Set([...message.items.map(({ id }) => id as string), ...message.gone])
        contents = { ...contents, [message.noun]: [...contents[message.noun].filter(({ id }) => !ids.has(id)), ...message.items] }
      }
      news.resolve()
    }
  }
  const done = read()
  onTestFinished(async () => (leaving.abort(), done.catch(() => undefined)))
  return {
    told,
    contents: () => contents,
    async until(holds: () => boolean): Promise<void> {
      while (!holds()) {
        await news.promise
        news = Promise.withResolvers()
      }
    },
  }
}
const web: ServiceDraft = { ...emptyDraft('web', 'nginx:1.27'), replicas: 3 }

test('an engine that is of no cluster says so, and becomes the first of one; the connection knows it at once', async () => {
  const { connection, cluster, swarm } = await startLab()
  expect(await cluster.standing(undefined, operation)).toEqual({ kind: 'none' })
  const page = look(connection)
  await page.until(() => page.told.length > 0)
  await cluster.init({}, operation)
  expect(connection.summary().state).toMatchObject({ facts: { cluster: 'manager' } })
  await page.until(() => page.contents().nodes.length === 1)
  expect(page.told.slice(0, 2)).toEqual([{ kind: 'standing', standing: { kind: 'none' } }, { kind: 'standing', standing: { kind: 'manager', node: [...swarm.nodes.keys()][0] } }])
  expect(page.contents().nodes[0]).toMatchObject({ name: 'one', role: 'manager', leader: true, reachable: true, cpus: 4, platform: 'linux/x86_64' })
  await cluster.leave({ force: true }, operation)
  await page.until(() => page.told.at(-1)?.kind === 'standing')
  expect(page.told.at(-1)).toEqual({ kind: 'standing', standing: { kind: 'none' } })
  expect(connection.summary().state).not.toHaveProperty('facts.cluster')
})

test('an engine that left by another hand is known for it as soon as somebody looks', async () => {
  const { connection, cluster, swarm } = await startLab()
  await cluster.init({}, operation)
  Object.assign(swarm.self, { state: 'inactive', manager: false })
  expect(connection.summary().state).toMatchObject({ facts: { cluster: 'manager' } })
  const page = look(connection)
  await page.until(() => page.told.length > 0)
  expect(page.told).toEqual([{ kind: 'standing', standing: { kind: 'none' } }])
  const heard = Promise.withResolvers<void>()
  connection.onEvent(() => heard.resolve())
  const known = () => (connection.summary().state as { facts?: { cluster?: string } }).facts?.cluster
  if (known() !== undefined) await heard.promise
  expect(known()).toBeUndefined()
})

test('another engine is told how to join, or joins by itself; a command that was rotated admits nobody', async () => {
  const { cluster } = await startLab()
  await cluster.init({}, operation)
  const before = await cluster.joining(undefined, operation)
  expect(before).toEqual({ worker: 'docker swarm join --token SWMTKN-1-w 10.0.0.1:2377', manager: 'docker swarm join --token SWMTKN-1-m 10.0.0.1:2377' })
  expect(await cluster.rotate({ role: 'worker' }, operation)).toEqual({ ...before, worker: 'docker swarm join --token SWMTKN-1-w+ 10.0.0.1:2377' })
  const other = await startLab()
  const admitting = clusterOf((await startLab()).connection, () => other.connection, createClusterMoves(memoryJournal()))
  await admitting.init({}, operation)
  await admitting.admit({ connection: 'other', role: 'worker' }, operation)
  expect(await other.cluster.standing(undefined, operation)).toMatchObject({ kind: 'worker', managers: ['10.0.0.1'] })
  expect(other.connection.summary().state).toMatchObject({ facts: { cluster: 'worker' } })
  await other.cluster.leave({}, operation)
  await expect(other.cluster.join({ addresses: ['10.0.0.9'], token: 'x' }, operation)).rejects.toMatchObject({ field: 'token' })
})

test('an address without a port gets the usual one, also one of IPv6', async () => {
  const { cluster, engine } = await startLab()
  const asked: unknown[] = []
  engine.routes.set('POST /swarm/join', ({ body }) => (asked.push((JSON.parse(String(body)) as { RemoteAddrs: unknown }).RemoteAddrs), {}))
  await cluster.join({ addresses: ['10.0.0.9', 'manager', 'manager:99', 'fd00::9', '[fd00::9]', '[fd00::9]:99'], token: 'x' }, operation)
  expect(asked).toEqual([['10.0.0.9:2377', 'manager:2377', 'manager:99', '[fd00::9]:2377', '[fd00::9]:2377', '[fd00::9]:99']])
})

test('services are made, scaled, changed, rolled back and removed; whoever looks sees tasks come and go', async () => {
  const { connection, cluster, swarm } = await startLab()
  await cluster.init({}, operation)
  for (const name of ['two', 'three']) swarm.addNode(name)
  const page = look(connection)
  const live = () => page.contents().tasks.filter(({ wanted, state }) => wanted && state === 'running')
  const { id, warnings } = await cluster.create({ draft: web }, operation)
  expect(warnings).toEqual([])
  await page.until(() => live().length === 3)
  expect(new Set(live().map(({ node }) => node)).size).toBe(3)
  expect(page.contents().services).toMatchObject([{ id, name: 'web', image: 'nginx:1.27', digest: `sha256:${'d'.repeat(64)}`, mode: 'replicated', replicas: 3, previous: false }])
  await cluster.scale({ id, replicas: 30 }, operation)
  await page.until(() => live().length === 30)
  const old = new Set(live().map((task) => task.id))
  await cluster.change({ id, draft: { ...web, image: 'nginx:1.28', replicas: 30 } }, operation)
  await page.until(() => live().length === 30 && live().every((task) => task.current && !old.has(task.id)))
  await page.until(() => page.contents().services[0]?.image === 'nginx:1.28')
  await cluster.rollback({ id }, operation)
  await page.until(() => page.contents().services[0]?.image === 'nginx:1.27' && live().length === 30)
  expect(page.contents().services[0]).toMatchObject({ update: { state: 'rollback_completed' } })
  const force = swarm.services.get(id)?.Spec.TaskTemplate.ForceUpdate ?? 0
  await cluster.restart({ id }, operation)
  expect(swarm.services.get(id)?.Spec.TaskTemplate.ForceUpdate).toBe(force + 1)
  expect(await cluster.remove({ ids: [id, 'gone'] }, operation)).toMatchObject([{ id }, { id: 'gone', error: { code: 'not-found' } }])
  await page.until(() => page.contents().services.length === 0 && page.contents().tasks.length === 0)
  // What nobody had to be told was not told.
  expect(page.told.filter(({ kind }) => kind === 'contents')).toHaveLength(1)
})

test('a node is drained, lost and back; its labels and its role are changed; what is made elsewhere is seen', async () => {
  const { connection, cluster, swarm } = await startLab()
  await cluster.init({}, operation)
  const [two, three] = [swarm.addNode('two'), swarm.addNode('three')]
  const page = look(connection)
  const on = (node: { ID: string }) => page.contents().tasks.filter((task) => task.wanted && task.node === node.ID).length
  await cluster.create({ draft: { ...web, replicas: 6 } }, operation)
  await page.until(() => on(two) === 2 && on(three) === 2)
  await cluster.changeNode({ id: two.ID, availability: 'drain', labels: { disk: 'ssd' } }, operation)
  await page.until(() => on(two) === 0 && on(three) === 3)
  await page.until(() => page.contents().nodes.some(({ availability, labels }) => availability === 'drain' && labels['disk'] === 'ssd'))
  await cluster.changeNode({ id: two.ID, role: 'manager', availability: 'active' }, operation)
  expect(swarm.nodes.get(two.ID)?.Spec).toEqual({ Role: 'manager', Availability: 'active', Labels: { disk: 'ssd' } })
  swarm.lose(three)
  await page.until(() => on(three) === 0 && page.contents().nodes.some(({ name, state }) => name === 'three' && state === 'down'))
  swarm.comeBack(three)
  await page.until(() => page.contents().nodes.every(({ state }) => state === 'ready'))
  await cluster.removeNode({ id: three.ID, force: true }, operation)
  await page.until(() => page.contents().nodes.length === 2)
})

test('managers without a leader, and an engine that goes away: what is known stays, and it goes on', async () => {
  const { connection, cluster, swarm, engine } = await startLab()
  await cluster.init({}, operation)
  const page = look(connection)
  await page.until(() => page.contents().nodes.length === 1)
  swarm.leaderless = true
  await page.until(() => page.told.at(-1)?.kind === 'silent')
  expect(page.told.at(-1)).toMatchObject({ reason: expect.stringContaining('does not have a leader') as string })
  swarm.leaderless = false
  await page.until(() => page.told.at(-1)?.kind === 'contents')
  await engine.die()
  await page.until(() => page.told.at(-1)?.kind === 'silent')
  await engine.comeBack()
  connection.retry()
  await page.until(() => page.told.at(-1)?.kind === 'contents')
  expect(page.contents().nodes).toHaveLength(1)
})

test('secrets are never told, configs can be read; a service that names one that is not there is refused at its field', async () => {
  const { connection, cluster, swarm } = await startLab()
  await cluster.init({}, operation)
  const page = look(connection)
  const [secret, config] = [await cluster.createSecret({ name: 'token', value: 'hush' }, operation), await cluster.createConfig({ name: 'site', value: 'listen 80;\n' }, operation)]
  await page.until(() => page.contents().secrets.length + page.contents().configs.length === 2)
  expect(JSON.stringify(page.told)).not.toContain(Buffer.from('hush').toString('base64'))
  expect(await cluster.readConfig(config, operation)).toEqual({ value: 'listen 80;\n' })
  const draft = { ...web, secrets: [{ name: 'token', file: 'token' }], configs: [{ name: 'site', file: '/etc/site.conf' }] }
  const { id } = await cluster.create({ draft }, operation)
  expect(swarm.services.get(id)?.Spec.TaskTemplate.ContainerSpec).toMatchObject({ Secrets: [{ SecretID: secret.id, SecretName: 'token', File: { Name: 'token', Mode: 0o444 } }], Configs: [{ ConfigID: config.id, File: { Name: '/etc/site.conf' } }] })
  expect((await cluster.service({ id }, operation)).draft).toEqual(draft)
  await expect(cluster.create({ draft: { ...draft, name: 'other', secrets: [{ name: 'nope', file: 'nope' }] } }, operation)).rejects.toMatchObject({ code: 'not-found', field: 'secrets' })
  expect(await cluster.removeFiles({ secrets: [secret.id], configs: [config.id] }, operation)).toHaveLength(2)
  await page.until(() => page.contents().secrets.length + page.contents().configs.length === 0)
})

test('two that change a service at once: the second hears of it; an image of no registry is said to be one', async () => {
  const { cluster, swarm } = await startLab()
  await cluster.init({}, operation)
  const { id, warnings } = await cluster.create({ draft: { ...web, image: 'local/web:1', ports: [{ target: 80, published: 8080, protocol: 'tcp', mode: 'ingress' }] } }, operation)
  expect(warnings).toEqual([expect.stringContaining('local/web:1')])
  await expect(cluster.create({ draft: { ...web, name: 'web2', ports: [{ target: 80, published: 8080, protocol: 'tcp', mode: 'ingress' }] } }, operation)).rejects.toMatchObject({ field: 'ports' })
  const service = swarm.services.get(id)!
  Object.defineProperty(service, 'Version', { get: () => ({ Index: Math.random() }) })
  await expect(cluster.scale({ id, replicas: 9 }, operation)).rejects.toMatchObject({ code: 'conflict', reason: 'edit-stale' })
})

test('what a draft cannot say of a service stays; what it says comes back as it was', () => {
  const draft: ServiceDraft = {
    ...web, mode: 'global', replicas: 1, entrypoint: ['/run'], command: ['-v', 'x'], environment: ['A=1'], workingDirectory: '/srv', user: '1000', hostname: 'h', tty: true, labels: { team: 'a' }, containerLabels: { x: 'y' },
    ports: [{ target: 80, published: 80, protocol: 'tcp', mode: 'host' }], endpointMode: 'dnsrr', networks: [{ network: 'front', aliases: ['w'] }], mounts: [{ kind: 'volume', source: 'data', target: '/data' }, { kind: 'bind', source: '/srv', target: '/in', readOnly: true }, { kind: 'tmpfs', target: '/tmp' }],
    constraints: ['node.role==worker'], spread: ['node.labels.zone'], mostPerNode: 2, limits: { cpus: 0.5, memoryBytes: 1e9, pids: 50 }, reservations: { memoryBytes: 1e8 }, restart: { condition: 'on-failure', attempts: 3 },
    update: { parallelism: 2, delay: 5, onFailure: 'rollback', order: 'start-first' }, capabilitiesAdded: ['NET_ADMIN'], capabilitiesDropped: ['ALL'], readOnlyRoot: true, init: true, dnsServers: ['1.1.1.1'], dnsSearch: ['lan'], extraHosts: ['db:10.0.0.9', 'v6:fd00::1'],
    logging: { driver: 'json-file', options: { 'max-size': '10m' } }, healthCheck: { kind: 'command', test: ['CMD', 'true'], interval: 3, retries: 2 }, stopSignal: 'SIGINT', stopSeconds: 30, sysctls: { 'net.core.somaxconn': '9' }, ulimits: ['nofile=10:20'], groups: ['adm'],
  }
  const meta = { ID: 'i', Version: { Index: 1 }, CreatedAt: '', UpdatedAt: '' }
  const spec = specOf(draft, noFiles)
  expect(draftOf({ ...meta, Spec: spec })).toEqual(draft)
  const before = { ...spec, TaskTemplate: { ...spec.TaskTemplate, Runtime: 'container', ContainerSpec: { ...spec.TaskTemplate.ContainerSpec!, Image: 'nginx:1.27@sha256:abc', Isolation: 'default', Privileges: { NoNewPrivileges: true } } }, UpdateConfig: { ...spec.UpdateConfig!, Monitor: 7, MaxFailureRatio: 0.2 } }
  const after = specOf({ ...draft, environment: ['A=2'] }, noFiles, before)
  expect(after.TaskTemplate.ContainerSpec).toMatchObject({ Image: 'nginx:1.27@sha256:abc', Isolation: 'default', Privileges: { NoNewPrivileges: true }, Env: ['A=2'] })
  expect(after.UpdateConfig).toMatchObject({ Monitor: 7, MaxFailureRatio: 0.2 })
  expect(specOf({ ...draft, image: 'nginx:1.28' }, noFiles, before).TaskTemplate.ContainerSpec?.Image).toBe('nginx:1.28')
})

test('an engine of one machine is asked nothing', async () => {
  const { engine, connection } = await startLab()
  const podman = { ...connection, summary: () => ({ ...connection.summary(), state: { status: 'ready' as const, since: 0, facts: { product: 'Podman' } as never } }) }
  const questions = () => engine.asked.filter((asked) => /\/(info|swarm|nodes|services|tasks)/.test(asked)).length
  const asked = questions()
  const page = look(podman)
  await page.until(() => page.told.length > 0)
  expect(page.told).toEqual([{ kind: 'standing', standing: { kind: 'unable', product: 'Podman' } }])
  expect(questions()).toBe(asked)
})
