import { expect, test, vi } from 'vitest'
import type { EngineEvent } from '#shared/contract/events.ts'
import { openConnection } from './connection.ts'
import { startFakeEngine, wireContainer, Refusal, type FakeEngine } from './testing/fake-engine.ts'

const never = new AbortController().signal

function connect(engine: FakeEngine) {
  const connection = openConnection({ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: engine.socketPath }, delays: { first: 5, limit: 20 } })
  const heard: (EngineEvent | { type: 'reset' })[] = []
  connection.onEvent((event) => heard.push(event))
  return { connection, heard }
}
const containerEvent = (action: string, id: string) => ({ Type: 'container', Action: action, Actor: { ID: id } })

test('fills the mirror once, then asks for the one item that an event names', async () => {
  await using engine = await startFakeEngine()
  engine.containers.set('web', wireContainer('web'))
  const { connection, heard } = connect(engine)
  await using _ = connection
  await connection.ready(never)
  expect(connection.mirror.items().containers).toMatchObject([{ id: 'web', name: 'web', state: { status: 'running' } }])

  const before = engine.asked.length
  engine.containers.set('db', wireContainer('db', { State: 'exited', Status: 'Exited (137) 2 seconds ago' }))
  engine.emit(containerEvent('create', 'db'))
  await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ type: 'container.changed', container: { id: 'db', state: { status: 'exited', code: 137 } } }))
  expect(engine.asked.slice(before).map((each) => decodeURIComponent(each))).toEqual(['GET /containers/json?all=true&filters={"id":["db"]}'])
})

test('what changes nothing is neither asked for nor told', async () => {
  await using engine = await startFakeEngine()
  engine.containers.set('web', wireContainer('web'))
  const { connection, heard } = connect(engine)
  await using _ = connection
  await connection.ready(never)
  const [asked, told] = [engine.asked.length, heard.length]
  engine.emit(containerEvent('exec_create: sh', 'web'))
  engine.emit(containerEvent('attach', 'web'))
  engine.emit(containerEvent('update', 'web'))
  await vi.waitFor(() => expect(engine.asked.length).toBe(asked + 1))
  engine.emit(containerEvent('destroy', 'web'))
  await vi.waitFor(() => expect(heard.slice(told)).toEqual([{ type: 'container.removed', id: 'web' }]))
})

test('when a container started is known from its event, not from the words of a list', async () => {
  await using engine = await startFakeEngine()
  const { connection, heard } = connect(engine)
  await using _ = connection
  await connection.ready(never)
  engine.containers.set('web', wireContainer('web'))
  engine.emit(containerEvent('start', 'web'))
  await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ container: { state: { status: 'running', startedAt: 1_000_000 } } }))
})

test('many events of one item cost few questions', async () => {
  await using engine = await startFakeEngine()
  const { connection } = connect(engine)
  await using _ = connection
  await connection.ready(never)
  engine.containers.set('web', wireContainer('web'))
  const before = engine.asked.length
  for (let index = 0; index < 500; index++) engine.emit(containerEvent('update', 'web'))
  await vi.waitFor(() => expect(connection.mirror.container('web')).toBeDefined())
  engine.containers.set('end', wireContainer('end'))
  engine.emit(containerEvent('create', 'end'))
  await vi.waitFor(() => expect(connection.mirror.container('end')).toBeDefined())
  expect(engine.asked.length - before).toBeLessThan(20)
})

test('a container keeps the name of its image when that means another one by now', async () => {
  await using engine = await startFakeEngine()
  engine.routes.set('GET /containers/*/json', ({ params }) => (params[0] === 'gone' ? new Refusal(404, 'No such container: gone') : { Id: params[0], Config: { Image: 'nginx:latest' } }))
  for (const id of ['web', 'gone']) engine.containers.set(id, wireContainer(id, { Image: 'sha256:old', ImageID: 'sha256:old' }))
  const { connection } = connect(engine)
  await using _ = connection
  await connection.ready(never)
  expect(connection.mirror.items().containers.map(({ id, image, imageId }) => [id, image, imageId])).toEqual([
    ['web', 'nginx:latest', 'sha256:old'],
    ['gone', 'sha256:old', 'sha256:old'],
  ])
  engine.containers.set('new', wireContainer('new', { Image: 'sha256:old', ImageID: 'sha256:old' }))
  engine.emit(containerEvent('create', 'new'))
  await vi.waitFor(() => expect(connection.mirror.container('new')).toMatchObject({ image: 'nginx:latest' }))
})

test('a tag that moves takes its name from the image that had it', async () => {
  await using engine = await startFakeEngine()
  engine.images.set('old', { Id: 'old', RepoTags: ['nginx:latest'], Size: 1 })
  engine.containers.set('web', wireContainer('web', { ImageID: 'old' }))
  const { connection } = connect(engine)
  await using _ = connection
  await connection.ready(never)
  engine.images.set('old', { Id: 'old', RepoTags: [], Size: 1 })
  engine.images.set('new', { Id: 'new', RepoTags: ['nginx:latest'], Size: 2 })
  engine.containers.set('web', wireContainer('web', { ImageID: 'old', Image: 'old' }))
  engine.emit({ Type: 'image', Action: 'pull', Actor: { ID: 'nginx:latest' } })
  await vi.waitFor(() => {
    expect(connection.mirror.items().images).toMatchObject([{ id: 'old', tags: [] }, { id: 'new', tags: ['nginx:latest'] }])
    expect(connection.mirror.container('web')).toMatchObject({ image: 'old' })
  })
})

test('an engine that dies is reconnected to, and everything is told anew', async () => {
  await using engine = await startFakeEngine()
  engine.containers.set('web', wireContainer('web'))
  const { connection, heard } = connect(engine)
  await using _ = connection
  await connection.ready(never)
  await engine.die()
  await vi.waitFor(() => expect(connection.summary().state.status).toBe('reconnecting'))
  const since = (connection.summary().state as { since: number }).since
  expect(connection.mirror.items().containers).toHaveLength(1)
  engine.containers.delete('web')
  engine.containers.set('db', wireContainer('db'))
  heard.length = 0
  await engine.comeBack()
  await connection.ready(never)
  expect(since).toBeGreaterThan(0)
  expect(connection.mirror.items().containers).toMatchObject([{ id: 'db' }])
  expect(heard.map(({ type }) => type)).toContain('reset')
})

test('an engine that is not there yet is waited for; retry ends the delay', async () => {
  await using engine = await startFakeEngine()
  await engine.die()
  const connection = openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath }, delays: { first: 60_000, limit: 60_000 } })
  await using _ = connection
  await vi.waitFor(() => expect(connection.summary().state).toMatchObject({ status: 'connecting', reason: 'The engine cannot be reached.' }))
  await engine.comeBack()
  connection.retry()
  await connection.ready(never)
})

test('facts of our own engine are kept; another engine is not asked to have them', async () => {
  await using engine = await startFakeEngine()
  const other = connect(engine)
  await other.connection.ready(never)
  expect(other.connection.hostFacts).toBeUndefined()
  expect(other.connection.summary().state).toMatchObject({ facts: { product: 'Docker', slipway: false } })
  await other.connection[Symbol.asyncDispose]()
  engine.routes.set('GET /slipway/host', () => ({ rootless: false, checks: [] }))
  const ours = connect(engine)
  await using _ = ours.connection
  await ours.connection.ready(never)
  expect(ours.connection.hostFacts).toEqual({ rootless: false, checks: [] })
  expect(ours.connection.summary().state).toMatchObject({ facts: { product: 'Slipway' } })
})

test('an answer that makes no sense is not the end of the connection', async () => {
  await using engine = await startFakeEngine()
  engine.routes.set('GET /volumes', () => new Refusal(500, 'disk on fire'))
  const { connection } = connect(engine)
  await using _ = connection
  await vi.waitFor(() => expect(connection.summary().state).toMatchObject({ status: 'connecting', reason: 'disk on fire' }))
  engine.routes.delete('GET /volumes')
  await connection.ready(never)
})

test('who was stopped before the app came is known from the engine’s history', async () => {
  await using engine = await startFakeEngine()
  const exited = { State: 'exited', Status: 'Exited (1) 5 minutes ago' }
  for (const id of ['stopped', 'crashed', 'again']) engine.containers.set(id, wireContainer(id, exited))
  const event = (Action: string, ID: string, time: number) => JSON.stringify({ Type: 'container', Action, Actor: { ID, Attributes: { signal: '15' } }, time })
  engine.routes.set('GET /events', ({ query, response }) => {
    if (!query.has('until')) return void response.writeHead(200).flushHeaders()
    expect(JSON.parse(query.get('filters') ?? '')).toEqual({ type: ['container'], event: ['kill', 'start'] })
    response.end([event('kill', 'stopped', 1), event('kill', 'again', 1), event('start', 'again', 2)].join('\n'))
  })
  await using connection = openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath } })
  await connection.ready(AbortSignal.timeout(10_000))
  await vi.waitFor(() => expect(connection.mirror.container('stopped')?.state).toMatchObject({ asked: true }))
  for (const id of ['crashed', 'again']) expect(connection.mirror.container(id)?.state).not.toHaveProperty('asked')
})
