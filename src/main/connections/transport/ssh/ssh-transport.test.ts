import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConnectionSecrets, ConnectionTarget } from '#shared/contract/connections.ts'
import { openConnection } from '../../connection.ts'
import { createEngineApi } from '../../engine-api.ts'
import { startFakeEngine, wireContainer, type FakeEngine } from '../../testing/fake-engine.ts'
import { tryTarget } from '../../try-target.ts'
import { openRelay } from '../relay.ts'
import { newKey, startSshHost, type SshHost } from '../testing/ssh-host.ts'
import { createTransport, pinned } from '../transport.ts'

const never = new AbortController().signal
let engine: FakeEngine
let folder: string
beforeEach(async () => {
  vi.stubEnv('SSH_AUTH_SOCK', '')
  vi.stubEnv('HOME', '/nonexistent')
  engine = await startFakeEngine()
  engine.containers.set('web', wireContainer('web'))
  folder = await mkdtemp(join(tmpdir(), 'slipway-ssh-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

type SshTarget = Extract<ConnectionTarget, { kind: 'ssh' }>
const targetOf = ({ port }: SshHost, more: Partial<SshTarget> = {}): SshTarget => ({ kind: 'ssh', host: '127.0.0.1', port, user: 'ada', ...more })
const keysOf = (...hosts: SshHost[]) => Object.fromEntries(hosts.map(({ port, fingerprint }) => [`127.0.0.1:${port}`, fingerprint]))
const reach = (target: SshTarget, secrets: ConnectionSecrets, ...hosts: SshHost[]) => createTransport(target, { secrets: async () => secrets, acceptHostKey: pinned(keysOf(...hosts)) })
const publicKey = (text: string) => {
  const parsed = ssh2.utils.parseKey(text)
  if (parsed instanceof Error) throw parsed
  return parsed.getPublicSSH()
}

test.each([[false], [true]])('a password opens, whether it is taken or asked for (%s)', async (asks) => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'sesame', asks })
  await using transport = reach(targetOf(host), { password: 'sesame' }, host)
  expect(await createEngineApi(transport).json('GET', '/version')).toMatchObject({ ApiVersion: '1.51' })
  await using other = reach(targetOf(host), { password: 'wrong' }, host)
  await expect(createEngineApi(other).json('GET', '/version')).rejects.toMatchObject({ code: 'unauthorized', reason: 'ssh-login' })
})

test('a key with a passphrase; what is wrong with a key is said', async () => {
  const key = newKey('phrase')
  const keyFile = join(folder, 'key')
  await writeFile(keyFile, key.private)
  await writeFile(`${keyFile}.pub`, key.public)
  await using host = await startSshHost({ socketPath: engine.socketPath, keys: [publicKey(key.public)] })
  const ask = async (target: SshTarget, secrets: ConnectionSecrets) => {
    await using transport = reach(target, secrets, host)
    return await createEngineApi(transport).json('GET', '/version')
  }
  expect(await ask(targetOf(host, { keyFile }), { passphrase: 'phrase' })).toMatchObject({ Version: '1' })
  await expect(ask(targetOf(host, { keyFile }), {})).rejects.toMatchObject({ code: 'unauthorized', field: 'passphrase' })
  await expect(ask(targetOf(host, { keyFile }), { passphrase: 'no' })).rejects.toMatchObject({ code: 'unauthorized', field: 'passphrase' })
  await expect(ask(targetOf(host, { keyFile: `${keyFile}.pub` }), {})).rejects.toMatchObject({ field: 'keyFile' })
  await expect(ask(targetOf(host, { keyFile: join(folder, 'none') }), {})).rejects.toMatchObject({ field: 'keyFile' })
  await expect(ask(targetOf(host), {})).rejects.toMatchObject({ code: 'unauthorized', message: expect.stringContaining('takes keys only') })
})

test('nothing is told to a host before its key was accepted, and never to one whose key has changed', async () => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'sesame' })
  const trial = { target: targetOf(host), secrets: { password: 'sesame' } }
  expect(await tryTarget(trial, never)).toEqual({ kind: 'host-key', host: `127.0.0.1:${host.port}`, keyType: 'ssh-ed25519', fingerprint: host.fingerprint, knownToSsh: false })
  expect(host.logins).toBe(0)
  expect(await tryTarget({ ...trial, hostKeys: keysOf(host) }, never)).toMatchObject({ kind: 'ready', facts: { product: 'Docker' } })
  const hostKeys = { [`127.0.0.1:${host.port}`]: 'SHA256:another' }
  expect(await tryTarget({ ...trial, hostKeys }, never)).toMatchObject({ kind: 'host-key', accepted: 'SHA256:another', fingerprint: host.fingerprint })

  await using connection = openConnection({ id: 'a', name: 'A', target: trial.target, access: { secrets: async () => trial.secrets, acceptHostKey: pinned(hostKeys) } })
  await vi.waitFor(() => expect(connection.summary().state).toMatchObject({ status: 'failed', error: { code: 'forbidden', reason: 'ssh-host-key', message: expect.stringContaining(host.fingerprint) } }))
  expect(host.logins).toBe(1)
})

test('through a jump host, each with its own key and password', async () => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'inner' })
  await using gate = await startSshHost({ socketPath: '/nowhere', user: 'ops', password: 'outer' })
  const target = targetOf(host, { jump: { host: '127.0.0.1', port: gate.port, user: 'ops' } })
  const secrets = { password: 'inner', jumpPassword: 'outer' }
  expect(await tryTarget({ target, secrets, hostKeys: keysOf(gate) }, never)).toMatchObject({ kind: 'host-key', host: `127.0.0.1:${host.port}` })
  expect(await tryTarget({ target, secrets, hostKeys: keysOf(gate, host) }, never)).toMatchObject({ kind: 'ready' })
  expect(gate.asked).toContain(`127.0.0.1:${host.port}`)
})

test('more programs than a host runs on one login get another; a named socket needs none', async () => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'sesame' })
  await using transport = reach(targetOf(host), { password: 'sesame' }, host)
  const api = createEngineApi(transport)
  const stop = new AbortController()
  const streams = await Promise.all(Array.from({ length: 20 }, () => api.stream('GET', '/events', { signal: stop.signal })))
  expect(streams).toHaveLength(20)
  expect(host.mostPrograms).toBeLessThanOrEqual(8)
  expect(host.logins).toBeGreaterThanOrEqual(3)
  stop.abort()

  await using direct = reach(targetOf(host, { socketPath: '/run/there.sock' }), { password: 'sesame' }, host)
  expect(await createEngineApi(direct).json('GET', '/_ping')).toBe('OK')
  expect(host.asked).toContain('/run/there.sock')
  await using missing = reach(targetOf(host, { socketPath: '/run/missing.sock' }), { password: 'sesame' }, host)
  await expect(createEngineApi(missing).json('GET', '/_ping')).rejects.toMatchObject({ code: 'unavailable', reason: 'ssh-socket' })
})

test('without the docker program a usual socket is found; without either it is said', async () => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'sesame', found: '/run/podman/podman.sock\n' })
  await using transport = reach(targetOf(host), { password: 'sesame' }, host)
  expect(await createEngineApi(transport).json('GET', '/_ping')).toBe('OK')
  expect(host.asked.at(-1)).toBe('/run/podman/podman.sock')
  await using bare = await startSshHost({ socketPath: engine.socketPath, password: 'sesame', found: '' })
  await using nothing = reach(targetOf(bare), { password: 'sesame' }, bare)
  await expect(createEngineApi(nothing).json('GET', '/_ping')).rejects.toMatchObject({ reason: 'ssh-no-engine' })
})

test('a login that is cut is made again, and everything is told anew', async () => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'sesame' })
  await using connection = openConnection({ id: 'a', name: 'A', target: targetOf(host), access: { secrets: async () => ({ password: 'sesame' }), acceptHostKey: pinned(keysOf(host)) }, delays: { first: 5, limit: 20 } })
  await connection.ready(never)
  const lost = new Promise<void>((resolve) => connection.onEvent((event) => event.type === 'connection.changed' && event.connection.state.status === 'reconnecting' && resolve()))
  host.cut()
  await lost
  await connection.ready(never)
  expect(connection.mirror.items().containers).toMatchObject([{ id: 'web' }])
  expect(host.logins).toBeGreaterThanOrEqual(2)
})

test('what leaves HTTP goes both ways; a large answer is whole', async () => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'sesame' })
  await using transport = reach(targetOf(host), { password: 'sesame' }, host)
  const api = createEngineApi(transport)
  engine.upgrade = (_path, socket) => socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()))
  const both = await api.hijack('/exec/1/start')
  both.write('hello')
  expect(String((await once(both, 'data'))[0])).toBe('HELLO')
  both.destroy()
  const large = 'x'.repeat(5_000_000)
  engine.routes.set('GET /large', ({ response }) => void response.end(large))
  expect((await text(await api.stream('GET', '/large'))).length).toBe(large.length)
  expect((await text(await api.stream('GET', '/large'))).length).toBe(large.length)
})

test('a program that wants a socket of its own gets one, for as long as it is held', async () => {
  await using host = await startSshHost({ socketPath: engine.socketPath, password: 'sesame' })
  await using transport = reach(targetOf(host), { password: 'sesame' }, host)
  const relay = await openRelay(transport)
  const asked = request({ socketPath: relay.socketPath, path: '/_ping' }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  expect(await text(response)).toBe('"OK"')
  await relay[Symbol.asyncDispose]()
  const again = request({ socketPath: relay.socketPath, path: '/_ping' }).end()
  expect(await once(again, 'error')).toMatchObject([{ code: 'ENOENT' }])
})
