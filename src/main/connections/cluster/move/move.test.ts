import { expect, onTestFinished, test } from 'vitest'
import type { MoveRequest } from '#shared/contract/cluster-move.ts'
import type { ProgressStep } from '#shared/contract/events.ts'
import { openConnection } from '../../connection.ts'
import { Refusal, startFakeEngine, wireContainer, type FakeEngine } from '../../testing/fake-engine.ts'
import { installFakeSwarm } from '../../testing/fake-swarm.ts'
import { engineOf, memoryJournal } from '../../journal.ts'
import { clusterOf } from '../cluster.ts'
import { createClusterMoves, type MoveRecord } from './moves.ts'
import { planMove } from './plan.ts'

const { signal } = new AbortController()
const PACE = 5
const labels = (service: string) => ({ 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service })

const inspected = (Id: string, Image: string, image: string, more: { Config?: object; HostConfig?: object } = {}) => ({
  Id, Name: `/${Id}`, Image, Config: { Image: image, Env: ['A=1'], Labels: labels(Id.split('-')[1]!), ...more.Config }, HostConfig: { NetworkMode: 'shop_back', RestartPolicy: { Name: 'unless-stopped' }, ...more.HostConfig },
  NetworkSettings: { Networks: { shop_back: { Aliases: [Id.split('-')[1]!] } } },
})
const containers = {
  'shop-web-1': inspected('shop-web-1', 'sha256:built', 'shop-web', { HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] }, Binds: ['/home/ada/site:/srv:ro'], Privileged: true } }),
  'shop-web-2': inspected('shop-web-2', 'sha256:built', 'shop-web'),
  'shop-db-1': inspected('shop-db-1', 'sha256:pulled', 'postgres:17', { HostConfig: { Mounts: [{ Type: 'volume', Source: 'shop_data', Target: '/var/lib/postgresql/data' }] } }),
}
const images = {
  'sha256:built': { Id: 'sha256:built', RepoTags: ['shop-web:latest'], RepoDigests: [], Config: { Env: [] } },
  'sha256:pulled': { Id: 'sha256:pulled', RepoTags: ['postgres:17'], RepoDigests: ['postgres@sha256:abc'], Config: { Env: [] } },
}

/** An engine of ours with a project that runs, of which one image was built; it is a registry for others. */
async function startSource(): Promise<{ engine: FakeEngine; tags: Set<string>; pushed: string[] }> {
  const engine = await startFakeEngine()
  const tags = new Set<string>()
  const pushed: string[] = []
  for (const id of Object.keys(containers)) engine.containers.set(id, wireContainer(id))
  const routes: [string, Parameters<FakeEngine['routes']['set']>[1]][] = [
    ['GET /slipway/host', () => ({ rootless: false, checks: [] })],
    ['GET /slipway/registry', () => ({ On: true, Host: '0.0.0.0', Port: 5055, Push: false, Username: 'slipway', Password: true, Loopback: false, Hosts: ['10.0.0.2'] })],
    ['GET /containers/*/json', ({ params: [id] }) => containers[id as keyof typeof containers] ?? new Refusal(404, 'no such container')],
    ['GET /images/*/json', ({ params: [id] }) => images[id as keyof typeof images] ?? new Refusal(404, 'no such image')],
    ['POST /images/*/tag', ({ query }) => (tags.add(`${query.get('repo')}:${query.get('tag')}`), {})],
    ['POST /images/*/push', ({ params: [name], query }) => (pushed.push(`${name}:${query.get('tag')}`), { status: 'Pushed' })],
    ['DELETE /images/*', ({ params: [name] }) => (tags.delete(name!), [])],
  ]
  for (const [pattern, handler] of routes) engine.routes.set(pattern, handler)
  return { engine, tags, pushed }
}

async function start() {
  const source = await startSource()
  const lab = await startFakeEngine()
  const swarm = installFakeSwarm(lab)
  const [from, to] = [source.engine, lab].map(({ socketPath }, index) => openConnection({ id: String(index), name: String(index), target: { kind: 'socket', socketPath } }))
  onTestFinished(async () => {
    for (const each of [from!, to!, source.engine, lab]) await each[Symbol.asyncDispose]()
  })
  await Promise.all([from!.ready(signal), to!.ready(signal)])
  const journal = memoryJournal<MoveRecord>()
  const moves = createClusterMoves(journal)
  await clusterOf(to!, () => to!, moves).init({}, { signal, progress: () => {} })
  swarm.addNode('two')
  const steps: ProgressStep[] = []
  const move = (more: Partial<MoveRequest> = {}, abort = signal) => moves.move(from!, to!, { ...request, ...more }, { signal: abort, progress: (step) => void steps.push(step) }, PACE)
  const there = () => [...swarm.services.values(), ...swarm.secrets.values(), ...swarm.configs.values()].length + swarm.networks.size
  /** What the engine here was asked to do, beside reading and names. */
  const deeds = () => source.engine.asked.filter((asked) => !/^(GET|HEAD)|\/(tag|push)\?|^DELETE \/images/.test(asked))
  return { journal, source, lab, swarm, from: from!, to: to!, move, steps, there, deeds }
}
const request: MoveRequest = { to: '1', containers: Object.keys(containers), stack: 'prod', images: { kind: 'registry', prefix: 'registry.example.org/team' }, mesh: true, binds: 'leave' }

test('what changes is shown before anything is done', async () => {
  const { from, to, there, source } = await start()
  expect(await planMove(from, to, request, signal)).toEqual({
    stack: 'prod',
    services: [{ name: 'prod_web', image: 'shop-web', replicas: 2, containers: ['shop-web-1', 'shop-web-2'] }, { name: 'prod_db', image: 'postgres:17', replicas: 1, containers: ['shop-db-1'] }],
    networks: ['prod_back'],
    volumes: ['prod_data'],
    images: ['shop-web'],
    remarks: [
      { weight: 'loss', kind: 'bind', what: '/home/ada/site', service: 'web' }, { weight: 'change', kind: 'build', what: 'shop-web', service: 'web' }, { weight: 'change', kind: 'host-address', what: '127.0.0.1', service: 'web' }, { weight: 'change', kind: 'option', what: '--privileged', service: 'web' },
      { weight: 'loss', kind: 'volume', what: 'shop_data', service: 'db' },
    ],
    machines: 2,
    own: { on: true, loopback: false, addresses: ['10.0.0.2:5055'], password: true },
  })
  expect([there(), source.tags.size, source.pushed.length]).toEqual([0, 0, 0])
})

test('a project is pushed, deployed and waited for; what runs here goes on', async () => {
  const { move, swarm, source, deeds, steps } = await start()
  expect(await move()).toEqual({ stack: 'prod', services: ['prod_web', 'prod_db'] })
  const [web, db] = [...swarm.services.values()].map(({ Spec }) => Spec)
  expect(web).toMatchObject({ Name: 'prod_web', Mode: { Replicated: { Replicas: 2 } }, EndpointSpec: { Mode: 'vip', Ports: [{ TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' }] } })
  expect(web?.TaskTemplate.ContainerSpec?.Image).toMatch(/^registry\.example\.org\/team\/shop-web:latest@sha256:/)
  expect(web?.TaskTemplate.ContainerSpec?.Mounts).toEqual([])
  expect(db?.TaskTemplate.ContainerSpec?.Image).toMatch(/^postgres:17@/)
  expect(db?.TaskTemplate.ContainerSpec?.Mounts).toMatchObject([{ Type: 'volume', Source: 'prod_data' }])
  expect(web?.TaskTemplate.Networks).toMatchObject([{ Aliases: ['web', 'shop-web-1'] }])
  expect(source.pushed).toEqual(['registry.example.org/team/shop-web:latest'])
  // Names that were made to push are gone again.
  expect(source.tags.size).toBe(0)
  expect(deeds()).toEqual([])
  expect([...new Set(steps.flatMap((step) => (step.kind === 'move' ? step.step : [])))]).toEqual(['images', 'networks', 'services', 'waiting'])
})

test('the registry that this engine is: nothing is sent, the machines are told who they are; without a mesh ports are where tasks run', async () => {
  const { move, swarm, source, lab } = await start()
  await move({ images: { kind: 'own', address: '10.0.0.2:5055', password: 'long enough' }, mesh: false, binds: 'expect' })
  const web = [...swarm.services.values()][0]!.Spec
  expect(web.TaskTemplate.ContainerSpec?.Image).toMatch(/^10\.0\.0\.2:5055\/shop-web:latest@sha256:/)
  expect(web.TaskTemplate.ContainerSpec?.Mounts).toMatchObject([{ Type: 'bind', Source: '/home/ada/site', ReadOnly: true }])
  expect(web.EndpointSpec).toMatchObject({ Mode: 'dnsrr', Ports: [{ PublishMode: 'host' }] })
  const header = lab.requests.find(({ method, url }) => method === 'POST' && url?.startsWith('/services/create'))?.headers['x-registry-auth']
  expect(JSON.parse(Buffer.from(String(header), 'base64url').toString())).toMatchObject({ username: 'slipway', password: 'long enough', serveraddress: '10.0.0.2:5055' })
  expect(source.pushed).toEqual([])
})

test.each([[{ On: false }, 'serves no images'], [{ Loopback: true }, 'this machine only']])('a registry that others cannot reach is refused: %j', async (more, words) => {
  const { move, source, there } = await start()
  source.engine.routes.set('GET /slipway/registry', () => ({ On: true, Host: '0.0.0.0', Port: 5055, Push: false, Username: 'slipway', Password: true, Loopback: false, Hosts: [], ...more }))
  await expect(move({ images: { kind: 'own', address: '10.0.0.2:5055' } })).rejects.toMatchObject({ reason: 'not-shared', message: expect.stringContaining(words) as string })
  expect(there()).toBe(0)
})

test('whatever fails on either side, what runs here goes on and nothing is left there', { timeout: 180_000 }, async () => {
  const { move, source, lab, there, deeds, swarm } = await start()
  for (const side of [source.engine, lab]) {
    const routes = [...side.routes]
    for (let refused = 1; ; refused++) {
      let count = 0
      let what = ''
      for (const [pattern, handler] of routes) side.routes.set(pattern, (asked) => (++count === refused ? ((what = pattern), new Refusal(500, 'broken')) : handler(asked)))
      const outcome = await move().then(() => undefined, (error: unknown) => error as { message: string; hint?: string })
      const hits = count
      for (const [pattern, handler] of routes) side.routes.set(pattern, handler)
      if (hits < refused) {
        expect(outcome).toBeUndefined()
        await clearStack()
        break
      }
      // What only makes a thing nicer, such as the digest of an image, may fail and be gone on without.
      if (outcome === undefined) await clearStack()
      expect(there(), `${side === lab ? 'there' : 'here'} ${refused}`).toBe(0)
      if (!what.startsWith('DELETE /images')) expect(source.tags.size, `name left, ${refused}`).toBe(0)
      source.tags.clear()
      expect(deeds()).toEqual([])
      expect(refused).toBeLessThan(60)
    }
  }
  async function clearStack() {
    for (const key of [...swarm.services.keys()]) swarm.services.delete(key)
    swarm.tasks.clear()
    swarm.networks.clear()
  }
})

test.each([
  ['tasks that do not stay up', { State: 'rejected', Err: 'No such image: shop-web' }, { code: 'failed-precondition', reason: 'not-healthy' }],
  ['tasks that never become healthy', { State: 'starting' }, { code: 'deadline-exceeded', reason: 'not-healthy' }],
])('%s: the cluster is as it was, and it is said why', async (_what, fate, error) => {
  const { move, swarm, there, deeds, steps } = await start()
  swarm.fate = (image) => (image.includes('shop-web') ? fate : undefined)
  const outcome = await move({ patience: 60, containers: Object.keys(containers) }).catch((thrown: unknown) => thrown)
  // Two tasks of the service end at once; a third end tells that it is no accident. Two are waited for.
  expect(outcome).toMatchObject({ reason: error.reason, hint: expect.stringContaining('goes on as before') as string })
  expect(there()).toBe(0)
  expect(deeds()).toEqual([])
  expect(steps.at(-1)).toMatchObject({ kind: 'move', step: 'undoing' })
})

test('a change of mind while it is waited takes all of it back', async () => {
  const { move, swarm, there, steps } = await start()
  swarm.fate = () => ({ State: 'starting' })
  const leaving = new AbortController()
  const moving = move({}, leaving.signal)
  while (!steps.some((step) => step.kind === 'move' && step.step === 'waiting')) await new Promise((resolve) => setImmediate(resolve))
  leaving.abort()
  await expect(moving).rejects.toMatchObject({ name: expect.stringMatching(/AbortError|EngineError/) as string })
  expect(there()).toBe(0)
})

test('a name that the cluster has already is refused before anything is pushed', async () => {
  const { move, source, from, to } = await start()
  await move()
  source.pushed.length = 0
  await expect(move()).rejects.toMatchObject({ code: 'already-exists', field: 'stack' })
  await expect(planMove(from, to, request, signal)).rejects.toMatchObject({ field: 'stack' })
  expect(source.pushed).toEqual([])
})

test('a move that the death of the app cut off is taken back when the engines are met again, and nothing else', async () => {
  const { move, swarm, there, source, journal, from, to, deeds, steps } = await start()
  swarm.fate = () => ({ State: 'starting' })
  // What somebody else runs there under the stack's own name stays.
  const leaving = new AbortController()
  const moving = move({}, leaving.signal)
  while (!steps.some((step) => step.kind === 'move' && step.step === 'waiting')) await new Promise((resolve) => setImmediate(resolve))
  const [record] = structuredClone(await journal.all())
  expect(record).toMatchObject({ stack: 'prod', names: ['registry.example.org/team/shop-web:latest'] })
  const other = structuredClone([...swarm.services.values()][0]!)
  swarm.services.set('other', { ...other, ID: 'other', Spec: { ...other.Spec, Name: 'prod_other', Labels: { 'com.docker.stack.namespace': 'prod' } } })
  source.tags.add(record!.names[0]!)
  // Another life of the app reads the journal; this one is as good as dead.
  const next = createClusterMoves({ ...memoryJournal<MoveRecord>(), all: async () => [record!], write: async (left) => void Object.assign(record!, left), remove: async () => void (removed = true) })
  let removed = false
  // Both engines are met at once.
  expect(await Promise.all([next.recover(to), next.recover(from)])).toEqual([['prod'], ['prod']])
  expect([...swarm.services.keys()]).toEqual(['other'])
  expect(swarm.networks.size).toBe(0)
  expect([source.tags.size, removed]).toEqual([0, true])
  expect(deeds()).toEqual([])
  leaving.abort()
  await moving.catch(() => undefined)
  expect(there()).toBe(1)
})

test('an engine that does not answer keeps the others of earlier moves, and the other half of its own, from nothing', async () => {
  const { source, from, to, journal } = await start()
  const [here, there] = [engineOf(from), engineOf(to)]
  await journal.write({ id: 'one', from: here, to: there, stack: 'shop', names: ['registry.example.org/shop:1'] })
  await journal.write({ id: 'two', from: 'gone', to: there, stack: 'blog', names: [] })
  const answers = Promise.withResolvers<object>()
  source.engine.routes.set('DELETE /images/*', () => answers.promise)
  const moves = createClusterMoves(journal)
  const hung = moves.recover(from)
  expect(await moves.recover(to)).toEqual(['shop', 'blog'])
  expect(await journal.all()).toEqual([{ id: 'one', from: here, to: '', stack: 'shop', names: ['registry.example.org/shop:1'] }])
  answers.resolve({})
  expect(await hung).toEqual(['shop'])
  expect(await journal.all()).toEqual([])
})

test('what cannot be taken back keeps nothing else there, and is tried again', async () => {
  const { source, from, journal } = await start()
  for (const id of ['one', 'two']) await journal.write({ id, from: engineOf(from), to: '', stack: id, names: [`registry.example.org/${id}:1`] })
  source.engine.routes.set('DELETE /images/*', ({ params: [name] }) => (name?.includes('one') ? new Refusal(500, 'no room') : []))
  const moves = createClusterMoves(journal)
  await expect(moves.recover(from)).rejects.toThrow('no room')
  expect((await journal.all()).map(({ id }) => id)).toEqual(['one'])
  source.engine.routes.set('DELETE /images/*', () => [])
  expect(await moves.recover(from)).toEqual(['one'])
  expect(await journal.all()).toEqual([])
})
