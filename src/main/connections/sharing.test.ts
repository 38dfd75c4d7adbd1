import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openConnection } from './connection.ts'
import { sharingOf } from './sharing.ts'
import { Refusal, startFakeEngine, type FakeEngine } from './testing/fake-engine.ts'

const operation = { signal: new AbortController().signal, progress: () => {} }
async function connect(engine: FakeEngine) {
  const connection = openConnection({ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: engine.socketPath } })
  await connection.ready(operation.signal)
  return connection
}
const off = { On: false, Host: '127.0.0.1', Port: 5055, Push: false, Username: 'slipway', Password: false, Loopback: true, Hosts: ['10.0.0.2', 'box'] }

test('what is asked for is sent, and nothing else; what came of it is given back', async () => {
  await using engine = await startFakeEngine()
  engine.routes.set('GET /slipway/host', () => ({ rootless: false, checks: [] }))
  engine.routes.set('GET /slipway/registry', () => off)
  let sent: unknown
  engine.routes.set('PUT /slipway/registry', ({ body }) => {
    sent = JSON.parse(body)
    return { ...off, On: true, Host: '0.0.0.0', Password: true, Loopback: false, Tls: { Certificate: 'PEM', Fingerprint: 'AB', Expires: '2031-01-01T00:00:00.000Z', Own: true } }
  })
  await using connection = await connect(engine)
  const sharing = sharingOf(connection)
  expect(await sharing.state(undefined, operation)).toEqual({ on: false, host: '127.0.0.1', port: 5055, push: false, username: 'slipway', password: false, loopback: true, hosts: ['10.0.0.2', 'box'] })
  expect(await sharing.change({ on: true, host: '0.0.0.0', password: 'long enough' }, operation)).toMatchObject({ on: true, loopback: false, tls: { certificate: 'PEM', own: true } })
  expect(sent).toEqual({ On: true, Host: '0.0.0.0', Password: 'long enough' })
})

test('a certificate is read here and sent as it is; an empty name takes it away, and a file that is none is told at its field', async () => {
  await using engine = await startFakeEngine()
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-sharing-'))
  undo.defer(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'cert.pem'), 'CERTIFICATE')
  await writeFile(join(folder, 'key.pem'), 'KEY')
  engine.routes.set('GET /slipway/host', () => ({ rootless: false, checks: [] }))
  const sent: unknown[] = []
  engine.routes.set('PUT /slipway/registry', ({ body }) => {
    sent.push(JSON.parse(body))
    return off
  })
  await using connection = await connect(engine)
  const { change } = sharingOf(connection)
  await change({ certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }, operation)
  await change({ certificate: '', key: '', password: '' }, operation)
  expect(sent).toEqual([{ Certificate: 'CERTIFICATE', Key: 'KEY' }, { Certificate: '', Key: '', Password: '' }])
  await expect(change({ certificate: join(folder, 'cert.pem'), key: join(folder, 'none.pem') }, operation)).rejects.toMatchObject({ code: 'invalid-argument', field: 'key' })
  await expect(change({ certificate: folder, key: '' }, operation)).rejects.toMatchObject({ code: 'invalid-argument', field: 'certificate' })
  expect(sent).toHaveLength(2)
})

test('a refusal keeps its field', async () => {
  await using engine = await startFakeEngine()
  engine.routes.set('GET /slipway/host', () => ({ rootless: false, checks: [] }))
  engine.routes.set('PUT /slipway/registry', () => new Refusal(409, 'without a password images are not served'))
  await using connection = await connect(engine)
  await expect(sharingOf(connection).change({ on: true }, operation)).rejects.toThrow('without a password')
})

test('another engine is not asked', async () => {
  await using engine = await startFakeEngine()
  await using connection = await connect(engine)
  const asked = engine.asked.length
  for (const call of [() => sharingOf(connection).state(undefined, operation), () => sharingOf(connection).change({ on: true }, operation)]) await expect(call()).rejects.toMatchObject({ code: 'not-implemented', reason: 'needs-slipway' })
  expect(engine.asked.length).toBe(asked)
})
