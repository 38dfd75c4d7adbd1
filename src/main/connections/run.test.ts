import { expect, test } from 'vitest'
import type { ProgressStep } from '#shared/contract/events.ts'
import { createEngineApi } from './engine-api.ts'
import { createTransport } from './transport/transport.ts'
import { runContainer } from './run.ts'
import { Refusal, startFakeEngine, type FakeEngine } from './testing/fake-engine.ts'

const operation = (signal = new AbortController().signal) => {
  const steps: ProgressStep[] = []
  return { signal, steps, progress: (step: ProgressStep) => void steps.push(step) }
}
const apiOf = (engine: FakeEngine) => createEngineApi(createTransport({ kind: 'socket', socketPath: engine.socketPath }))
const pathsOf = (engine: FakeEngine) => engine.asked.map((each) => each.split('?')[0])

function willingEngine(engine: FakeEngine) {
  engine.routes.set('POST /containers/create', ({ body }) => (engine.images.size > 0 ? { Id: 'c1', Warnings: [], Body: body } : new Refusal(404, 'No such image: nginx:latest')))
  engine.routes.set('GET /containers/*/json', () => ({ Id: 'c1', Name: '/eager_mendel' }))
  engine.routes.set('POST /containers/*/start', ({ response }) => void response.writeHead(204).end())
  engine.routes.set('DELETE /containers/*', ({ response }) => void response.writeHead(204).end())
  engine.routes.set('POST /images/create', ({ response }) => {
    engine.images.set('sha256:1', { Id: 'sha256:1', RepoTags: ['nginx:latest'], Size: 1 })
    response.write('{"status":"Pulling from library/nginx","id":"latest"}\r\n{"status":"Downloading","id":"abc","progressDetail":{"curr')
    response.end('ent":5,"total":10}}\r\n{"status":"Pull complete","id":"abc","progressDetail":{}}\r\n')
  })
}

test('pulls a missing image with its progress, creates again and starts', async () => {
  await using engine = await startFakeEngine()
  willingEngine(engine)
  const op = operation()
  expect(await runContainer(apiOf(engine), { image: 'nginx' }, op)).toEqual({ id: 'c1', name: 'eager_mendel', warnings: [] })
  expect(pathsOf(engine)).toEqual(['POST /containers/create', 'POST /images/create', 'GET /images/nginx:latest/json', 'POST /containers/create', 'GET /containers/c1/json', 'POST /containers/c1/start'])
  expect(op.steps).toEqual([
    { kind: 'phase', phase: 'creating' },
    { kind: 'phase', phase: 'pulling' },
    { kind: 'message', text: 'latest: Pulling from library/nginx' },
    { kind: 'layer', id: 'abc', phase: 'downloading', current: 5, total: 10 },
    { kind: 'layer', id: 'abc', phase: 'done' },
    { kind: 'phase', phase: 'creating' },
    { kind: 'phase', phase: 'starting' },
  ])
})

test('a taken port is told beside its field and no container is left', async () => {
  await using engine = await startFakeEngine()
  willingEngine(engine)
  engine.images.set('i', { Id: 'i', Size: 1 })
  engine.routes.set('POST /containers/*/start', () => new Refusal(500, 'driver failed programming external connectivity: Bind for 0.0.0.0:8080 failed: port is already allocated'))
  const ports = [
    { containerPort: 8080, protocol: 'tcp', hostPort: 9090 },
    { containerPort: 80, protocol: 'tcp', hostPort: 8080 },
  ] as const
  await expect(runContainer(apiOf(engine), { image: 'nginx', ports: [...ports] }, operation())).rejects.toMatchObject({ code: 'conflict', reason: 'port-allocated', field: 'ports[1].hostPort' })
  expect(engine.asked.at(-1)).toBe('DELETE /containers/c1?force=true&v=true')
})

test.each([
  ['Conflict. The container name "/web" is already in use by container "ab12".', 409, 'name'],
  ['invalid reference format', 400, 'image'],
  ['invalid mount config for type "bind": bind source path does not exist: /srv/www', 400, 'mounts[0].source'],
  ['Duplicate mount point: /data', 400, 'mounts[1].target'],
  ['network back not found', 404, 'networks[1]'],
  ['Minimum memory limit allowed is 6MB', 400, 'limits.memoryBytes'],
])('"%s" belongs to a field', async (message, status, field) => {
  await using engine = await startFakeEngine()
  engine.routes.set('POST /containers/create', () => new Refusal(status, message))
  const request = {
    image: 'nginx',
    pull: 'never' as const,
    networks: ['front', 'back'],
    mounts: [
      { kind: 'bind' as const, source: '/srv/www', target: '/www' },
      { kind: 'volume' as const, source: 'data', target: '/data' },
    ],
  }
  await expect(runContainer(apiOf(engine), request, operation())).rejects.toMatchObject({ field, message })
})

test("what Slipway's engine says of code, hint and field is kept", async () => {
  await using engine = await startFakeEngine()
  engine.routes.set('POST /containers/create', () => new Refusal(400, 'No.', { code: 'invalid-argument', reason: 'bad-user', hint: 'Use a number.', field: 'user' }))
  await expect(runContainer(apiOf(engine), { image: 'nginx' }, operation())).rejects.toMatchObject({ code: 'invalid-argument', reason: 'bad-user', hint: 'Use a number.', field: 'user' })
})

test('a failure inside the stream of a pull is the failure of the run', async () => {
  await using engine = await startFakeEngine()
  willingEngine(engine)
  engine.routes.set('POST /images/create', ({ response }) => void response.end('{"errorDetail":{"message":"manifest for nginx:nope not found"},"error":"manifest for nginx:nope not found"}\r\n'))
  await expect(runContainer(apiOf(engine), { image: 'nginx:nope' }, operation())).rejects.toMatchObject({ code: 'not-found', reason: 'pull-failed' })
})

test('a pull that fills the disk says so, and what to do', async () => {
  await using engine = await startFakeEngine()
  willingEngine(engine)
  engine.routes.set('POST /images/create', ({ response }) => void response.end('{"error":"cannot write to the content store: ENOSPC: no space left on device, write"}\r\n'))
  await expect(runContainer(apiOf(engine), { image: 'nginx:1' }, operation())).rejects.toMatchObject({ code: 'resource-exhausted', reason: 'ENOSPC', hint: expect.stringContaining('Free some space') })
})

test('cancelling during the pull stops it and leaves nothing', async () => {
  await using engine = await startFakeEngine()
  willingEngine(engine)
  const cut = Promise.withResolvers<void>()
  engine.routes.set('POST /images/create', ({ response }) => {
    response.write('{"status":"Downloading","id":"abc"}\r\n')
    response.on('close', cut.resolve)
  })
  const controller = new AbortController()
  const running = runContainer(apiOf(engine), { image: 'nginx' }, { signal: controller.signal, progress: (step) => step.kind === 'layer' && controller.abort() })
  await expect(running).rejects.toMatchObject({ code: 'cancelled' })
  await cut.promise
})
