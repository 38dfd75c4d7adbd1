import { expect, test } from 'vitest'
import { EngineError } from '#shared/errors.ts'
import { openConnection } from '../connection.ts'
import { imagesOf } from '../images.ts'
import { pullImage } from '../pull.ts'
import { Refusal, startFakeEngine } from '../testing/fake-engine.ts'
import type { Credentials, RegistryAccounts } from './accounts.ts'
import { registriesOf } from './registries.ts'

const operation = { signal: new AbortController().signal, progress: () => {} }

/** Accounts in memory. */
function memoryAccounts(kept: Record<string, Credentials> = {}): RegistryAccounts & { kept: Record<string, Credentials> } {
  return {
    kept,
    of: async (registry) => kept[registry],
    list: async () => Object.keys(kept).map((registry) => ({ registry, username: kept[registry]?.username ?? '', place: { kind: 'file' } })),
    keep: async (registry, credentials) => void (kept[registry] = credentials),
    forget: async (registry) => void delete kept[registry],
    placeFor: async () => ({ kind: 'file' }),
  }
}
async function openEngine(kept?: Record<string, Credentials>) {
  await using undo = new AsyncDisposableStack()
  const engine = undo.use(await startFakeEngine())
  const accounts = memoryAccounts(kept)
  const connection = undo.use(openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath }, accounts }))
  await connection.ready(operation.signal)
  const lifetime = undo.move()
  return { engine, accounts, connection, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}
const decode = (header: string | string[] | undefined): unknown => JSON.parse(Buffer.from(String(header), 'base64url').toString())

test('a request about a registry carries the account there, any other none', async () => {
  await using open = await openEngine({ 'registry:5000': { username: 'ada', password: 'hunter2' }, 'docker.io': { identityToken: 'token' } })
  const { engine, connection } = open
  engine.routes.set('POST /images/create', () => ({}))
  engine.routes.set('GET /images/*/json', () => ({ Id: 'sha256:1' }))
  const pull = (reference: string) => pullImage(connection.api, { reference }, operation)
  await pull('registry:5000/team/app:1')
  await pull('nginx')
  await pull('ghcr.io/other/app')
  const sent = engine.requests.filter(({ url }) => url?.startsWith('/images/create')).map(({ headers }) => decode(headers['x-registry-auth']))
  expect(sent).toEqual([{ username: 'ada', password: 'hunter2', serveraddress: 'registry:5000' }, { identitytoken: 'token', serveraddress: 'https://index.docker.io/v1/' }, {}])
  expect(engine.requests.filter(({ url, headers }) => !url?.startsWith('/images/create') && (headers['x-registry-auth'] ?? headers['x-registry-config']))).toEqual([])

  await connection.api.json('POST', '/build', { registry: 'every' }).catch(() => undefined)
  expect(decode(engine.requests.at(-1)?.headers['x-registry-config'])).toEqual({
    'registry:5000': { username: 'ada', password: 'hunter2', serveraddress: 'registry:5000' },
    'https://index.docker.io/v1/': { identitytoken: 'token', serveraddress: 'https://index.docker.io/v1/' },
  })
})

test('an account that cannot be read now keeps nobody from what is public', async () => {
  await using open = await openEngine()
  const { engine, accounts, connection } = open
  accounts.of = async () => Promise.reject(new EngineError('failed-precondition', 'The key store is locked.'))
  engine.routes.set('POST /images/create', () => ({}))
  engine.routes.set('GET /images/*/json', () => ({ Id: 'sha256:1' }))
  expect(await pullImage(connection.api, { reference: 'nginx' }, operation)).toBe('sha256:1')
})

test.each([
  ['as an answer', () => new Refusal(404, 'pull access denied for registry:5000/app, repository does not exist or may require \'docker login\': denied: requested access to the resource is denied')],
  ['in the stream', () => ({ error: 'unauthorized: authentication required' })],
])('a refusal of the registry %s offers to sign in there', async (_, answer) => {
  await using open = await openEngine()
  open.engine.routes.set('POST /images/create', answer)
  await expect(pullImage(open.connection.api, { reference: 'registry:5000/app' }, operation)).rejects.toMatchObject({ code: 'unauthorized', reason: 'sign-in-needed', remedy: { kind: 'sign-in', registry: 'registry:5000' } })
})

test('a push, a question about tags, and an answer of the registry offer it too', async () => {
  await using open = await openEngine()
  const { engine, connection } = open
  const images = imagesOf(connection)
  engine.routes.set('POST /images/registry:5000/app/push', () => ({ errorDetail: { message: 'no basic auth credentials' }, error: 'no basic auth credentials' }))
  const remedy = { kind: 'sign-in', registry: 'registry:5000' }
  await expect(images.push({ reference: 'registry:5000/app' }, operation)).rejects.toMatchObject({ remedy })
  engine.routes.set('GET /distribution/*/json', () => new Refusal(500, 'unauthorized: authentication required'))
  engine.routes.set('GET /distribution/*/*/json', () => new Refusal(500, 'unauthorized: authentication required'))
  expect(await images.askRegistry({ references: ['registry:5000/app'] }, operation)).toMatchObject([{ error: { remedy } }])
})

test('an account is checked by the engine before it is kept', async () => {
  await using open = await openEngine()
  const { engine, accounts, connection } = open
  const calls = registriesOf(connection, accounts)
  const account = { registry: 'registry:5000', username: 'ada', password: 'hunter2' }
  engine.routes.set('POST /auth', () => new Refusal(401, 'Get "http://registry:5000/v2/": unauthorized: authentication required'))
  await expect(calls.signIn(account, operation)).rejects.toMatchObject({ code: 'unauthorized', reason: 'wrong-credentials', field: 'password' })
  expect(accounts.kept).toEqual({})

  engine.routes.set('POST /auth', ({ body }) => (expect(JSON.parse(body)).toEqual({ username: 'ada', password: 'hunter2', serveraddress: 'registry:5000' }), { Status: 'Login Succeeded', IdentityToken: '' }))
  engine.routes.set('GET /info', () => ({ RegistryConfig: { Mirrors: ['https://mirror.example'], InsecureRegistryCIDRs: ['127.0.0.0/8'], IndexConfigs: { 'docker.io': { Secure: true }, 'old:5000': { Secure: false } } } }))
  const known = await calls.signIn(account, operation)
  expect(known).toEqual({ accounts: [{ registry: 'registry:5000', username: 'ada', place: { kind: 'file' } }], mirrors: ['https://mirror.example'], insecure: ['old:5000', '127.0.0.0/8'], place: { kind: 'file' } })
  expect(accounts.kept).toEqual({ 'registry:5000': { username: 'ada', password: 'hunter2' } })

  engine.routes.set('POST /auth', () => ({ Status: 'Login Succeeded', IdentityToken: 'token' }))
  await calls.signIn({ ...account, registry: 'docker.io' }, operation)
  expect(accounts.kept['docker.io']).toEqual({ username: 'ada', identityToken: 'token' })
  expect((await calls.signOut({ registry: 'docker.io' }, operation)).accounts).toHaveLength(1)
})

test('a failure that is not the registry’s is left as it is', async () => {
  await using open = await openEngine()
  open.engine.routes.set('POST /images/create', () => new Refusal(500, 'no space left on device'))
  const failure = await pullImage(open.connection.api, { reference: 'nginx' }, operation).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(EngineError)
  expect(failure).toMatchObject({ remedy: undefined, message: expect.stringContaining('no space') as string })
})
