import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClusterContents, ClusterMessage } from '#shared/contract/cluster.ts'
import type { MergedLogsMessage } from '#shared/contract/logs.ts'
import { emptyDraft, type ServiceDraft } from '#shared/contract/service-draft.ts'
import { clusterOf } from '../../src/main/connections/cluster/cluster.ts'
import { createClusterMoves } from '../../src/main/connections/cluster/move/moves.ts'
import { memoryJournal } from '../../src/main/connections/journal.ts'
import { watchCluster } from '../../src/main/connections/cluster/watch.ts'
import { openConnection, type Connection } from '../../src/main/connections/connection.ts'
import { imagesOf } from '../../src/main/connections/images.ts'
import { readMergedLogs } from '../../src/main/connections/merged-logs/merged-logs.ts'
import { startTestEngine } from '../fixtures/engine.ts'
import { busyboxLayer, webLayer } from '../fixtures/images.ts'
import { startMachines, type Machines } from './machines.ts'

/**
 * Three Docker engines as three machines, made a cluster and used through what the page calls. A kernel without IP_VS has no address for many tasks and no port
 * on every machine: names lead to all tasks, ports are published where a task runs.
 */
const names = ['one', 'two', 'three']
const operation = { signal: new AbortController().signal, progress: () => {} }
const figures: [what: string, value: string][] = []
const parts = new AsyncDisposableStack()
let machines: Machines
let connections: Connection[]
let page: ReturnType<typeof look>

async function timed<Answer>(what: string, deed: () => Promise<Answer>): Promise<Answer> {
  const since = performance.now()
  const answer = await deed()
  figures.push([what, `${((performance.now() - since) / 1000).toFixed(1)} s`])
  return answer
}

/** What the page knows, as it is told. */
function look(connection: Connection) {
  const leaving = new AbortController()
  let contents: ClusterContents = { nodes: [], services: [], tasks: [], secrets: [], configs: [] }
  const listeners = new Set<() => void>()
  const seen: ClusterMessage[] = []
  const read = async () => {
    for await (const message of watchCluster(connection, leaving.signal)) {
      seen.push(message)
      if (message.kind === 'contents') contents = message.contents
      if (message.kind === 'changed') {
        const ids = new Set([...message.items.map(({ id }) => id as string), ...message.gone])
        contents = { ...contents, [message.noun]: [...contents[message.noun].filter(({ id }) => !ids.has(id)), ...message.items] }
      }
      listeners.forEach((listener) => listener())
    }
  }
  void read().catch((error: unknown) => !leaving.signal.aborted && console.error(error))
  const live = (service: string) => contents.tasks.filter((task) => task.wanted && task.state === 'running' && contents.services.some(({ id, name }) => id === task.service && name === service))
  const node = (name: string) => contents.nodes.find((each) => each.name === name)
  return {
    seen,
    contents: () => contents,
    live,
    node,
    on: (service: string, machine: string) => live(service).filter((task) => task.node === node(machine)?.id).length,
    service: (name: string) => contents.services.find((each) => each.name === name),
    async until(holds: () => boolean): Promise<void> {
      if (holds()) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const listener = () => holds() && resolve()
      listeners.add(listener)
      await promise.finally(() => listeners.delete(listener))
    },
    close: () => leaving.abort(),
  }
}

/** An image as `docker save` writes it. */
async function writeArchive(path: string, tag: string, version: string): Promise<void> {
  const layers = [await busyboxLayer(), await webLayer(version)]
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  const config = Buffer.from(JSON.stringify({ architecture: process.arch === 'x64' ? 'amd64' : 'arm64', os: 'linux', config: { Env: ['PATH=/bin'], Cmd: ['nc', '-ll', '-p', '8080', '-e', '/www.sh'] }, rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => `sha256:${digest(tar)}`) }, history: layers.map(() => ({ created_by: 'test' })) }))
  const archive = pack()
  layers.forEach(({ tar }, index) => archive.entry({ name: `${index}.tar` }, tar))
  archive.entry({ name: 'config.json' }, config)
  archive.entry({ name: 'manifest.json' }, JSON.stringify([{ Config: 'config.json', RepoTags: [tag], Layers: layers.map((_layer, index) => `${index}.tar`) }]))
  archive.finalize()
  await writeFile(path, await buffer(archive))
}

beforeAll(async () => {
  machines = parts.use(await timed('three engines started', () => startMachines(names, process.env['SLIPWAY_CLUSTER'] ?? 'dockerd', process.env['SLIPWAY_CLUSTER_ROOT'])))
  connections = machines.machines.map(({ name, socket }) => parts.use(openConnection({ id: name, name, target: { kind: 'socket', socketPath: socket } })))
  await Promise.all(connections.map((connection) => connection.ready(operation.signal)))
  for (const version of ['1', '2']) {
    const path = join(machines.folder, `web-${version}.tar`)
    await writeArchive(path, `app:${version}`, version)
    await Promise.all(connections.map((connection) => imagesOf(connection).load({ path }, operation)))
  }
}, 300_000)
afterAll(async () => {
  page?.close()
  await parts.disposeAsync()
  console.log(['', 'Figures', ...figures.map(([what, value]) => `  ${what.padEnd(58)} ${value}`), ''].join('\n'))
}, 300_000)

const moves = createClusterMoves(memoryJournal())
const cluster = () => clusterOf(connections[0]!, (id) => connections.find((each) => each.id === id)!, moves)
const talker = `trap 'exit 0' TERM; echo "here is $(hostname)"; while :; do sleep 1 & wait $!; done`
const web: ServiceDraft = { ...emptyDraft('web', 'app:1'), replicas: 3, command: ['sh', '-c', talker], endpointMode: 'dnsrr', stopSeconds: 2, update: { parallelism: 10, delay: 0, onFailure: 'pause', order: 'stop-first' } }

test('one engine becomes a cluster, the others join it', { timeout: 180_000 }, async () => {
  expect(await cluster().standing(undefined, operation)).toEqual({ kind: 'none' })
  await cluster().init({ advertise: machines.machines[0]!.address }, operation)
  expect(connections[0]!.summary().state).toMatchObject({ facts: { cluster: 'manager' } })
  page = look(connections[0]!)
  const { worker, manager } = await cluster().joining(undefined, operation)
  expect(worker).toMatch(/^docker swarm join --token SWMTKN-1-\S+ 10\.77\.0\.1:2377$/)
  expect(manager).not.toBe(worker)
  await timed('two machines joined', async () => {
    for (const name of ['two', 'three']) await cluster().admit({ connection: name, role: 'worker' }, operation)
    await page.until(() => page.contents().nodes.filter(({ state }) => state === 'ready').length === 3)
  })
  expect(page.contents().nodes.map(({ name, role }) => `${name} ${role}`).sort()).toEqual(['one manager', 'three worker', 'two worker'])
  expect(connections[1]!.summary().state).toMatchObject({ facts: { cluster: 'worker' } })
  expect(await cluster().rotate({ role: 'worker' }, operation)).toMatchObject({ manager })
})

test('a service is deployed, a global one answers on every machine, and thirty tasks run', { timeout: 300_000 }, async () => {
  await timed('3 tasks deployed', async () => {
    const { warnings } = await cluster().create({ draft: web }, operation)
    expect(warnings).toEqual([expect.stringContaining('app:1')])
    await page.until(() => page.live('web').length === 3)
  })
  await cluster().create({ draft: { ...emptyDraft('door', 'app:1'), mode: 'global', endpointMode: 'dnsrr', ports: [{ target: 8080, published: 8080, protocol: 'tcp', mode: 'host' }], stopSeconds: 1 } }, operation)
  await page.until(() => page.live('door').length === 3)
  for (const { address } of machines.machines) expect(await machines.fetch(address, 8080)).toBe('web 1\n')
  await timed('scaled from 3 to 30 tasks', async () => {
    await cluster().scale({ id: page.service('web')!.id, replicas: 30 }, operation)
    await page.until(() => page.live('web').length === 30)
  })
  expect(names.map((name) => page.on('web', name))).toEqual([10, 10, 10])
})

test('the log of a service is that of its tasks on every machine', { timeout: 120_000 }, async () => {
  const leaving = new AbortController()
  const hosts = new Set<string>()
  const sources = new Set<string>()
  for await (const message of readMergedLogs(connections[0]!, { containers: [], projects: [], running: false, service: page.service('web')!.id, tail: 50, follow: true }, leaving.signal) as AsyncGenerator<MergedLogsMessage>) {
    if (message.kind === 'sources') message.sources.forEach(({ name }) => sources.add(name))
    if (message.kind === 'lines') message.lines.forEach(({ text }) => hosts.add(text))
    if (hosts.size >= 30) leaving.abort()
  }
  expect(sources.size).toBeGreaterThanOrEqual(30)
  expect([...hosts].every((line) => line.startsWith('here is '))).toBe(true)
})

test('a name leads to its tasks on every machine, over the network that spans them', { timeout: 120_000 }, async () => {
  await connections[0]!.api.json('POST', '/networks/create', { body: { Name: 'wide', Driver: 'overlay' } })
  const onEach: ServiceDraft = { ...web, mode: 'global', hostname: '{{.Node.Hostname}}', networks: [{ network: 'wide' }] }
  await cluster().create({ draft: { ...onEach, name: 'told', command: ['nc', '-ll', '-p', '8080', '-e', 'hostname'] } }, operation)
  const asking = `while :; do echo "$(hostname) reaches" $(for address in $(nslookup told | awk '/^Name/ { named = 1 } named && /^Address/ { print $NF }'); do nc -w 5 $address 8080 </dev/null; done | sort); sleep 1; done`
  await cluster().create({ draft: { ...onEach, name: 'asks', command: ['sh', '-c', asking] } }, operation)
  await page.until(() => page.live('told').length === 3 && page.live('asks').length === 3)
  const reached = names.map((name) => `${name} reaches one three two`)
  const heard = new Set<string>()
  const leaving = new AbortController()
  for await (const message of readMergedLogs(connections[0]!, { containers: [], projects: [], running: false, service: page.service('asks')!.id, follow: true }, leaving.signal)) {
    if (message.kind === 'lines') message.lines.forEach(({ text }) => heard.add(text))
    if (reached.every((line) => heard.has(line))) leaving.abort()
  }
  await cluster().remove({ ids: [page.service('told')!.id, page.service('asks')!.id] }, operation)
})

test('an update rolls over thirty tasks, and back', { timeout: 300_000 }, async () => {
  const { id } = page.service('web')!
  const before = page.seen.length
  await timed('update of 30 tasks, 10 at once', async () => {
    await cluster().change({ id, draft: { ...web, image: 'app:2', replicas: 30 } }, operation)
    await page.until(() => page.live('web').length === 30 && page.live('web').every(({ current }) => current) && page.service('web')?.update?.state === 'completed')
  })
  const states = page.seen.slice(before).flatMap((message) => (message.kind === 'changed' && message.noun === 'services' ? message.items.flatMap(({ update }) => update?.state ?? []) : []))
  expect(states).toContain('updating')
  expect(page.service('web')).toMatchObject({ image: 'app:2', previous: true })
  await timed('rollback of 30 tasks', async () => {
    await cluster().rollback({ id }, operation)
    await page.until(() => page.service('web')?.image === 'app:1' && page.service('web')?.update?.state === 'rollback_completed' && page.live('web').length === 30 && page.live('web').every(({ current }) => current))
  })
})

test('an update that cannot work stops, says why, and is taken back', { timeout: 300_000 }, async () => {
  const { id } = page.service('door')!
  const { draft } = await cluster().service({ id }, operation)
  await cluster().change({ id, draft: { ...draft, image: 'nowhere.invalid/app:9' } }, operation)
  await page.until(() => page.service('door')?.update?.state === 'paused' && page.contents().tasks.some(({ service, error }) => service === id && error))
  expect(page.contents().tasks.find(({ service, state }) => service === id && state === 'rejected')?.error).toMatch(/No such image/i)
  await cluster().rollback({ id }, operation)
  await page.until(() => page.live('door').length === 3 && page.service('door')?.image === 'app:1')
})

test('a machine is lost, what ran there is made anew elsewhere, and it comes back', { timeout: 400_000 }, async () => {
  await timed('a lost machine noticed', async () => {
    await machines.machines[2]!.unplug()
    await page.until(() => page.node('three')?.state === 'down')
  })
  await timed('its 10 tasks made anew on the others', () => page.until(() => page.live('web').filter(({ node }) => node !== page.node('three')?.id).length === 30))
  await timed('the machine back', async () => {
    await machines.machines[2]!.plug()
    await page.until(() => page.node('three')?.state === 'ready')
  })
  await page.until(() => page.live('door').length === 3)
  await timed('30 tasks started anew, spread again', async () => {
    await cluster().restart({ id: page.service('web')!.id }, operation)
    await page.until(() => page.live('web').length === 30 && page.live('web').every(({ current }) => current) && page.service('web')?.update?.state === 'completed')
  })
  expect(page.on('web', 'three')).toBeGreaterThan(0)
})

test('a machine is drained and used again; secrets, configs and labels are found by services', { timeout: 300_000 }, async () => {
  const two = page.node('two')!
  await timed('a machine drained', async () => {
    await cluster().changeNode({ id: two.id, availability: 'drain' }, operation)
    await page.until(() => page.on('web', 'two') === 0 && page.live('web').length === 30)
  })
  await cluster().changeNode({ id: two.id, availability: 'active', labels: { disk: 'ssd' } }, operation)
  await cluster().createSecret({ name: 'token', value: 'hush' }, operation)
  await cluster().createConfig({ name: 'site', value: 'welcome' }, operation)
  await cluster().create({ draft: { ...web, name: 'reader', replicas: 1, command: ['sh', '-c', `cat /run/secrets/token /etc/site; echo; ${talker}`], constraints: ['node.labels.disk==ssd'], secrets: [{ name: 'token', file: 'token' }], configs: [{ name: 'site', file: '/etc/site' }] } }, operation)
  await page.until(() => page.on('reader', 'two') === 1)
  const leaving = new AbortController()
  const lines: string[] = []
  for await (const message of readMergedLogs(connections[0]!, { containers: [], projects: [], running: false, service: page.service('reader')!.id, follow: true }, leaving.signal)) {
    if (message.kind === 'lines') lines.push(...message.lines.map(({ text }) => text))
    if (lines.length > 0) leaving.abort()
  }
  expect(lines[0]).toBe('hushwelcome')
  await expect(cluster().create({ draft: { ...web, name: 'nowhere', secrets: [{ name: 'nope', file: 'nope' }] } }, operation)).rejects.toMatchObject({ field: 'secrets' })
})

test('what runs on an engine of ours is moved to the cluster; what cannot run there is taken back, and runs on here', { timeout: 300_000 }, async () => {
  const own = parts.use(await startTestEngine())
  const source = parts.use(openConnection({ id: 'own', name: 'Slipway', target: { kind: 'embedded', socketPath: own.socket } }))
  await source.ready(operation.signal)
  await imagesOf(source).load({ path: join(machines.folder, 'web-1.tar') }, operation)
  await own.ok('network', 'create', 'shop_back')
  await own.ok('tag', 'app:1', 'only-here:1')
  const start = (name: string, image: string, service: string) => own.ok('run', '-d', '--name', name, '--network', 'shop_back', '--network-alias', service, '--label', 'com.docker.compose.project=shop', '--label', `com.docker.compose.service=${service}`, '--health-cmd', 'true', '--health-interval', '1s', '--stop-timeout', '1', image)
  await start('shop-web-1', 'app:1', 'web')
  await start('shop-web-2', 'app:1', 'web')
  await start('shop-asks-1', 'app:1', 'asks')
  const to = (id: string) => (id === 'own' ? source : connections[0]!)
  const request = { to: 'one', containers: ['shop-web-1', 'shop-web-2', 'shop-asks-1'], stack: 'moved', images: { kind: 'engine' as const }, mesh: false, binds: 'leave' as const, patience: 120_000 }
  const plan = await clusterOf(source, to, moves).planMove(request, operation)
  expect(plan).toMatchObject({ services: [{ name: 'moved_web', replicas: 2 }, { name: 'moved_asks', replicas: 1 }], networks: ['moved_back'], images: ['app:1'], machines: 3 })
  await timed('a project of 3 containers moved, until it was healthy', () => clusterOf(source, to, moves).move(request, operation))
  expect([page.live('moved_web').length, page.live('moved_asks').length]).toEqual([2, 1])
  expect((await own.ok('ps', '-q')).trim().split('\n')).toHaveLength(3)
  // On the network that spans the machines.
  const task = page.live('moved_asks')[0]!
  const home = connections.find((_each, index) => names[index] === page.contents().nodes.find(({ id }) => id === task.node)?.name)!
  const { NetworkSettings } = await home.api.json<{ NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }>('GET', `/containers/${task.container}/json`)
  expect(NetworkSettings.Networks).toMatchObject({ moved_back: { IPAddress: expect.stringMatching(/^10\./) as string } })
  await clusterOf(connections[0]!, to, moves).removeStack({ name: 'moved' }, operation)
  await own.ok('run', '-d', '--name', 'sick', '--network', 'shop_back', 'only-here:1', 'sh', '-c', 'sleep 1000')
  await expect(clusterOf(source, to, moves).move({ ...request, containers: ['sick'], stack: 'sick', images: { kind: 'registry', prefix: '127.0.0.1:9/nowhere' } }, operation)).rejects.toMatchObject({ hint: expect.stringContaining('goes on as before') as string })
  expect(await own.ok('images', '--format', '{{.Repository}}')).not.toContain('nowhere')
  await page.until(() => page.contents().services.every(({ stack }) => stack === undefined))
  expect((await own.ok('ps', '-q')).trim().split('\n')).toHaveLength(4)
})

test('services go, a manager more comes and goes, and the cluster ends', { timeout: 300_000 }, async () => {
  const two = page.node('two')!
  await cluster().changeNode({ id: two.id, role: 'manager' }, operation)
  await page.until(() => page.node('two')?.role === 'manager' && page.node('two')?.reachable === true)
  await cluster().changeNode({ id: two.id, role: 'worker' }, operation)
  await page.until(() => page.node('two')?.role === 'worker')
  const ids = page.contents().services.map(({ id }) => id)
  expect((await cluster().remove({ ids }, operation)).every(({ error }) => !error)).toBe(true)
  await page.until(() => page.contents().services.length === 0 && page.contents().tasks.length === 0)
  for (const connection of connections.toReversed()) await clusterOf(connection, () => connection, moves).leave({ force: true }, operation)
  await page.until(() => page.seen.at(-1)?.kind === 'standing')
  expect(page.seen.at(-1)).toMatchObject({ standing: { kind: 'none' } })
})
