import { expect, test, vi } from 'vitest'
import { openConnection } from './connection.ts'
import { networksOf } from './networks.ts'
import { portsOf } from './ports.ts'
import { Refusal, startFakeEngine, wireContainer, type FakeEngine } from './testing/fake-engine.ts'

const operation = { signal: new AbortController().signal, progress: () => {} }
async function connect(engine: FakeEngine) {
  const connection = openConnection({ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: engine.socketPath } })
  await connection.ready(operation.signal)
  return connection
}
const ours = (engine: FakeEngine) => engine.routes.set('GET /slipway/host', () => ({ rootless: false, checks: [] }))

test('all of a container’s ports are changed at once; the answer is what it publishes now', async () => {
  await using engine = await startFakeEngine()
  ours(engine)
  let sent: unknown
  engine.routes.set('PUT /slipway/containers/web/ports', ({ body }) => {
    sent = JSON.parse(body)
    return { Ports: [{ Type: 'tcp', PrivatePort: 80, IP: '127.0.0.1', PublicPort: 8081 }, { Type: 'udp', PrivatePort: 53, IP: '', PublicPort: 5353 }] }
  })
  await using connection = await connect(engine)
  const answer = await portsOf(connection).change({ container: 'web', ports: [{ containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8081 }, { containerPort: 53, protocol: 'udp', hostPort: 5353 }] }, operation)
  expect(sent).toEqual({ PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8081' }], '53/udp': [{ HostIp: '', HostPort: '5353' }] } })
  expect(answer).toEqual([{ containerPort: 53, protocol: 'udp', hostIp: '0.0.0.0', hostPort: 5353 }, { containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8081 }])
})

test('a refusal belongs to the port it names', async () => {
  await using engine = await startFakeEngine()
  ours(engine)
  engine.routes.set('PUT /slipway/containers/web/ports', () => new Refusal(409, 'Bind for 0.0.0.0:8081 failed: port is already allocated'))
  await using connection = await connect(engine)
  const change = portsOf(connection).change({ container: 'web', ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 8080 }, { containerPort: 81, protocol: 'tcp', hostPort: 8081 }] }, operation)
  await expect(change).rejects.toMatchObject({ code: 'conflict', reason: 'port-allocated', field: 'ports[1].hostPort' })
})

test('who listens: ours by container, others by program', async () => {
  await using engine = await startFakeEngine()
  ours(engine)
  engine.routes.set('GET /slipway/host/ports', () => ({ Listeners: [{ IP: '0.0.0.0', Port: 8080, Type: 'tcp', ContainerID: 'web' }, { IP: '::', Port: 22, Type: 'tcp', Process: 'sshd', PID: 7 }, { IP: '::', Port: 1, Type: 'raw' }] }))
  await using connection = await connect(engine)
  expect(await portsOf(connection).listeners(undefined, operation)).toEqual([{ ip: '0.0.0.0', port: 8080, protocol: 'tcp', container: 'web' }, { ip: '::', port: 22, protocol: 'tcp', process: 'sshd', pid: 7 }])
})

test('another engine is not asked for what it cannot do, and the user is told what to do instead', async () => {
  await using engine = await startFakeEngine()
  await using connection = await connect(engine)
  const asked = engine.asked.length
  await expect(portsOf(connection).change({ container: 'web', ports: [] }, operation)).rejects.toMatchObject({ code: 'not-implemented', reason: 'needs-slipway', hint: expect.stringContaining('Recreate') })
  await expect(portsOf(connection).listeners(undefined, operation)).rejects.toMatchObject({ code: 'not-implemented' })
  expect(engine.asked.length).toBe(asked)
})

test('a stopped container that joins a network is shown there, though Docker tells no event of it', async () => {
  await using engine = await startFakeEngine()
  engine.containers.set('web', wireContainer('web', { State: 'exited', Status: 'Exited (0) 1 second ago' }))
  await using connection = await connect(engine)
  engine.routes.set('POST /networks/shop/connect', ({ body }) => {
    const { EndpointConfig } = JSON.parse(body) as { EndpointConfig: { Aliases: string[] } }
    engine.containers.set('web', wireContainer('web', { State: 'exited', NetworkSettings: { Networks: { shop: { Aliases: EndpointConfig.Aliases } } } }))
    return {}
  })
  await networksOf(connection).connect({ network: 'shop', container: 'web', aliases: ['front'] }, operation)
  await vi.waitFor(() => expect(connection.mirror.container('web')?.networks).toEqual([{ network: 'shop', aliases: ['front'] }]))
})
