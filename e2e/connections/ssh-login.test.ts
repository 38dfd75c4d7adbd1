import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, afterEach, expect, test as always, vi } from 'vitest'
import type { ConnectionSecrets, SshHop } from '#shared/contract/connections.ts'
import { startFakeEngine, type FakeEngine } from '../../src/main/connections/testing/fake-engine.ts'
import { tryTarget } from '../../src/main/connections/try-target.ts'
import { hasSshServer, makeKey, startSshAgent, startSshServer, type SshServer } from '../fixtures/ssh-server.ts'

/** Logging in to Debian's own sshd with a password, and what is said where it does not let in: what it takes, counts and hangs up on is its own doing. */
const isPossible = hasSshServer && process.geteuid?.() === 0
const test = always.skipIf(!isPossible)
if (!isPossible) console.log('Logins by password are not tried: that takes root, and an sshd (openssh-server).')

const parts = new AsyncDisposableStack()
let folder: string
let engine: FakeEngine
let takes: SshServer
let asks: SshServer
let keysOnly: SshServer
let ownKey: string

beforeAll(async () => {
  if (!isPossible) return
  folder = await mkdtemp(join(tmpdir(), 'slipway-login-'))
  parts.defer(() => rm(folder, { recursive: true, force: true }))
  engine = parts.use(await startFakeEngine())
  ownKey = join(folder, 'own')
  const authorized = await makeKey(ownKey)
  for (const server of ([takes, asks, keysOnly] = await Promise.all([startSshServer({ authorized, password: { text: 'sesame' } }), startSshServer({ password: { text: 'sesame', asked: true } }), startSshServer({ authorized })]))) parts.use(server)
}, 60_000)
afterAll(() => parts.disposeAsync(), 60_000)
beforeEach(() => {
  vi.stubEnv('SSH_AUTH_SOCK', '')
  vi.stubEnv('HOME', '/nonexistent')
})
afterEach(() => vi.unstubAllEnvs())

interface Trial {
  secrets?: ConnectionSecrets
  keyFile?: string
  jump?: SshServer
  /** In place of those that the hosts show. */
  hostKeys?: Record<string, string>
}
const at = ({ port, user }: SshServer): SshHop => ({ host: '127.0.0.1', port, user })
const shown = async (...servers: SshServer[]) => Object.fromEntries(await Promise.all(servers.map(async (server) => [`127.0.0.1:${server.port}`, await server.fingerprint()] as const)))
async function attempt(server: SshServer, { secrets = {}, keyFile, jump, hostKeys }: Trial) {
  const target = { kind: 'ssh' as const, ...at(server), socketPath: engine.socketPath, ...(keyFile && { keyFile }), ...(jump && { jump: at(jump) }) }
  return await tryTarget({ target, secrets, hostKeys: hostKeys ?? (await shown(server, ...(jump ? [jump] : []))) }, new AbortController().signal)
}

/** An agent with more keys than sshd lets try (MaxAuthTries), none of which it knows. */
async function startFullAgent(): Promise<AsyncDisposable> {
  const keys = Array.from({ length: 7 }, (_, index) => join(folder, `agent-${index}`))
  for (const key of keys) await makeKey(key)
  const socket = join(folder, 'agent')
  const agent = await startSshAgent(socket, keys[0]!)
  await promisify(execFile)('ssh-add', ['-q', ...keys.slice(1)], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  vi.stubEnv('SSH_AUTH_SOCK', socket)
  return agent
}

test('a password lets in, whether the host takes it or asks for it, also through a jump host with another', async () => {
  for (const server of [takes, asks]) expect(await attempt(server, { secrets: { password: 'sesame' } })).toMatchObject({ kind: 'ready' })
  expect(await attempt(takes, { jump: asks, secrets: { password: 'sesame', jumpPassword: 'sesame' } })).toMatchObject({ kind: 'ready' })
})

test('a wrong one is said, and of which host it is', async () => {
  for (const server of [takes, asks]) await expect(attempt(server, { secrets: { password: 'wrong' } })).rejects.toMatchObject({ code: 'unauthorized', message: `${server.user}@127.0.0.1 was not let in with this password.` })
  await expect(attempt(takes, { jump: asks, secrets: { password: 'sesame', jumpPassword: 'wrong' } })).rejects.toMatchObject({ message: expect.stringContaining('with this password') as string })
})

test('a host that takes only the one or only the other is told as that', async () => {
  await expect(attempt(keysOnly, { secrets: { password: 'sesame' } })).rejects.toMatchObject({ message: '127.0.0.1 takes keys only, no password.', hint: expect.stringContaining('authorized_keys') as string })
  await expect(attempt(asks, { keyFile: ownKey })).rejects.toMatchObject({ code: 'unauthorized' })
  await expect(attempt(takes, {})).rejects.toMatchObject({ message: expect.stringContaining('nothing to log in') as string })
})

test('an agent with more keys than a host lets try does not keep a password from being tried; without one it is said', async () => {
  await using _agent = await startFullAgent()
  expect(await attempt(takes, { secrets: { password: 'sesame' } })).toMatchObject({ kind: 'ready' })
  await expect(attempt(takes, {})).rejects.toMatchObject({ code: 'unauthorized', message: expect.stringContaining('has more keys') as string })
  await expect(attempt(takes, { secrets: { password: 'wrong' } })).rejects.toMatchObject({ message: expect.stringContaining('neither with this password') as string })
})

test('nothing is told to a host whose key has changed', async () => {
  const before = await shown(takes)
  await takes.stop()
  await takes.changeHostKey()
  await takes.start()
  expect(await attempt(takes, { secrets: { password: 'sesame' }, hostKeys: before })).toMatchObject({ kind: 'host-key', accepted: Object.values(before)[0], fingerprint: await takes.fingerprint() })
})
