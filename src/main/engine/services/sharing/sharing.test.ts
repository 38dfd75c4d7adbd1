import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { EngineError } from '#shared/errors.ts'
import type { PortForwarder } from '../../core/host/host.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { initialSettings, settingsAfter, type SharingChange, type SharingSettings } from './settings.ts'
import { openSettingsFile } from './settings-file.ts'
import { createSharing, type Sharing } from './sharing.ts'

const HOSTS = ['192.168.7.1', 'box']
const PASSWORD = 'long enough'
let open: Sharing | undefined
afterEach(() => open?.[Symbol.asyncDispose]())

/** Places that were opened, and which of them are; a port in `taken` is another program's. */
function fakes(saved: SharingSettings = initialSettings) {
  const listening: { host: string; port: number; tls: boolean }[] = []
  const taken = new Set<number>()
  const written: SharingSettings[] = []
  const logged: string[] = []
  const context = {
    file: { read: async () => saved, write: async (settings: SharingSettings) => void written.push(settings) },
    needs: {
      hosts: () => HOSTS,
      portForwarder: undefined as PortForwarder | undefined,
      async open({ host, port, tls }: { host: string; port: number; tls?: object | undefined }) {
        if (taken.has(port)) throw new EngineError('already-exists', `cannot listen on ${host} port ${port}: in use`)
        const place = { host, port, tls: tls !== undefined }
        listening.push(place)
        return { port, close: async () => void listening.splice(listening.indexOf(place), 1) }
      },
    },
    log: (line: string) => void logged.push(line),
  }
  return { context, listening, taken, written, logged }
}
const start = async (fake: ReturnType<typeof fakes>, asked?: SharingChange) => {
  open = await createSharing({ ...fake.context, ...(asked && { asked }) })
  await open.start()
  return open
}

test('off until somebody turns it on, then on loopback without TLS, for pulling', async () => {
  const fake = fakes()
  const sharing = await start(fake)
  expect([sharing.state().on, fake.listening]).toEqual([false, []])
  expect(await sharing.change({ on: true })).toMatchObject({ on: true, host: '127.0.0.1', port: 5055, loopback: true, push: false, password: false, hosts: HOSTS })
  expect(fake.listening).toEqual([{ host: '127.0.0.1', port: 5055, tls: false }])
  await sharing.change({ on: false })
  expect(fake.listening).toEqual([])
})

test('to a network only with a password, and then with TLS', async () => {
  const fake = fakes()
  const sharing = await start(fake)
  for (const host of ['0.0.0.0', '192.168.7.1', '::', '10.0.0.1']) await expect(sharing.change({ on: true, host })).rejects.toMatchObject({ code: 'failed-precondition', reason: 'needs-password', field: 'password' })
  expect([fake.listening, fake.written]).toEqual([[], []])
  const state = await sharing.change({ on: true, host: '0.0.0.0', password: PASSWORD })
  expect(state).toMatchObject({ on: true, loopback: false, password: true, tls: { own: true, certificate: expect.stringContaining('BEGIN CERTIFICATE') } })
  expect(fake.listening).toEqual([{ host: '0.0.0.0', port: 5055, tls: true }])
  await expect(sharing.change({ password: '' })).rejects.toMatchObject({ reason: 'needs-password' })
  expect(fake.listening).toHaveLength(1)
  // The certificate stays while it says who the machine is.
  expect((await sharing.change({ push: true })).tls).toEqual(state.tls)
  expect((await sharing.change({ host: '10.9.8.7' })).tls!.fingerprint).not.toBe(state.tls!.fingerprint)
  expect(JSON.stringify(fake.written)).not.toContain(PASSWORD)
})

test('nobody pushes without a password', async () => {
  const sharing = await start(fakes())
  await expect(sharing.change({ on: true, push: true })).rejects.toMatchObject({ reason: 'needs-password' })
  expect(await sharing.change({ on: true, push: true, password: PASSWORD })).toMatchObject({ on: true, push: true, loopback: true })
})

test('a change that fails leaves it as it was', async () => {
  const fake = fakes()
  fake.taken.add(81)
  const sharing = await start(fake)
  await sharing.change({ on: true })
  await expect(sharing.change({ port: 81 })).rejects.toMatchObject({ code: 'already-exists', field: 'port', message: 'port 81 is another program\'s' })
  expect(sharing.state()).toMatchObject({ on: true, port: 5055 })
  expect(fake.listening).toEqual([{ host: '127.0.0.1', port: 5055, tls: false }])
  for (const [change, field] of [[{ host: 'example.com' }, 'host'], [{ port: 70_000 }, 'port'], [{ username: 'a:b' }, 'username'], [{ password: 'short' }, 'password'], [{ certificate: 'x', key: 'y' }, 'certificate']] as const) await expect(sharing.change(change), field).rejects.toMatchObject({ code: 'invalid-argument', field })
})

test('what was saved is taken up; what stands in the way is said and keeps nothing from starting', async () => {
  const saved = await settingsAfter(initialSettings, { on: true, host: '0.0.0.0', password: PASSWORD }, HOSTS)
  const first = fakes(saved)
  expect((await start(first)).state()).toMatchObject({ on: true, host: '0.0.0.0' })
  const second = fakes(saved)
  second.taken.add(5055)
  const sharing = await start(second)
  expect(sharing.state()).toMatchObject({ on: false, problem: expect.stringContaining('another program') })
  expect(second.logged).toEqual([expect.stringContaining('images are not served')])
  second.taken.clear()
  expect(await sharing.change({ on: true })).toEqual(expect.not.objectContaining({ problem: expect.anything() }))
})

test('damaged settings: off, and said', async () => {
  const fake = fakes()
  fake.context.file.read = () => Promise.reject(new EngineError('data-loss', 'settings.json is damaged'))
  expect((await start(fake)).state()).toMatchObject({ on: false, problem: 'settings.json is damaged' })
})

test('the command line wins, and is refused when it would open without a password', async () => {
  const fake = fakes()
  expect((await start(fake, { on: true, port: 6000 })).state()).toMatchObject({ on: true, port: 6000 })
  await expect(createSharing({ ...fakes().context, asked: { on: true, host: '0.0.0.0' } })).rejects.toMatchObject({ reason: 'needs-password' })
})

test('in a user’s namespaces the machine’s port is led inside, and let go of', async () => {
  const fake = fakes()
  const rules: object[] = []
  fake.context.needs.portForwarder = { add: async (rule) => rules.push(rule), remove: async () => void rules.pop(), list: async () => [] }
  const sharing = await start(fake)
  await sharing.change({ on: true, host: '0.0.0.0', password: PASSWORD })
  expect(rules).toEqual([{ protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 5055, childIp: '127.0.0.1', childPort: 5055 }])
  expect(fake.listening).toEqual([{ host: '127.0.0.1', port: 5055, tls: true }])
  await sharing.change({ on: false })
  expect([rules, fake.listening]).toEqual([[], []])
})

const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

test('who may do what', async () => {
  let settings: SharingSettings = initialSettings
  const gate = createGatekeeper(() => settings)
  await gate.authorize(undefined, 'pull')
  await gate.authorize(basic('left', 'over'), 'pull')
  await expect(gate.authorize(undefined, 'push')).rejects.toMatchObject({ code: 'forbidden' })

  settings = await settingsAfter(initialSettings, { password: PASSWORD, push: true }, HOSTS)
  for (const verb of ['pull', 'push'] as const) {
    for (const shown of [undefined, '', 'Bearer x', 'Basic !', 'Basic '.padEnd(9000, 'A')]) await expect(gate.authorize(shown, verb)).rejects.toMatchObject({ code: 'unauthorized' })
    await gate.authorize(basic('slipway', PASSWORD), verb)
  }
  for (const shown of [basic('slipway', 'wrong one'), basic('other', PASSWORD)]) await expect(gate.authorize(shown, 'pull')).rejects.toMatchObject({ code: 'unauthorized' })
  settings = { ...settings, push: false }
  await gate.authorize(basic('slipway', PASSWORD), 'pull')
  await expect(gate.authorize(basic('slipway', PASSWORD), 'push')).rejects.toMatchObject({ code: 'forbidden' })
})

test('a password that was changed lets nobody in with the one before', async () => {
  let settings = await settingsAfter(initialSettings, { password: PASSWORD }, HOSTS)
  const gate = createGatekeeper(() => settings)
  await gate.authorize(basic('slipway', PASSWORD), 'pull')
  settings = await settingsAfter(settings, { password: 'another one' }, HOSTS)
  gate.forget()
  await expect(gate.authorize(basic('slipway', PASSWORD), 'pull')).rejects.toMatchObject({ code: 'unauthorized' })
})

test('guesses wait in line, and too many are turned away', async () => {
  // One that nobody knows, and cheap to compare with.
  const settings = { ...initialSettings, password: { salt: 'c2FsdA==', hash: Buffer.alloc(32).toString('base64'), cost: 2 } }
  const gate = createGatekeeper(() => settings)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => gate.authorize(basic('slipway', `guess ${index}`), 'pull')))
  const codes = outcomes.map((one) => (one.status === 'rejected' ? (one.reason as EngineError).code : 'let in'))
  expect(codes.filter((code) => code === 'let in')).toEqual([])
  expect(codes.filter((code) => code === 'resource-exhausted')).toHaveLength(4)
})

test('settings are kept where only the engine’s user may read them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sharing-'))
  try {
    const path = join(folder, 'registry', 'settings.json')
    const file = openSettingsFile(path)
    expect(await file.read()).toEqual(initialSettings)
    const settings = await settingsAfter(initialSettings, { on: true, host: '10.0.0.1', password: PASSWORD }, HOSTS)
    await file.write(settings)
    expect(await file.read()).toEqual(settings)
    expect([(await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777]).toEqual([0o600, 0o700])
    await writeFile(path, '{')
    await expect(file.read()).rejects.toMatchObject({ code: 'data-loss' })
  } finally {
    await rm(folder, { recursive: true })
  }
})
