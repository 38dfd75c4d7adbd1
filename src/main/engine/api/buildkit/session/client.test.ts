import { duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { EngineError } from '#shared/errors.ts'
import { createGrpcClient } from '../grpc/client.ts'
import { serveGrpc, type Call, type Methods } from '../grpc/server.ts'
import { codeOf } from '../grpc/status.ts'
import { messages } from '../protocol/messages.ts'
import { clientOf, upload } from './client.ts'

function sessionWith(methods: Methods) {
  const [ours, theirs] = duplexPair()
  serveGrpc(theirs, { methods, status: codeOf, details: () => undefined, onError: () => {} })
  return { client: createGrpcClient(ours), supports: (method: string) => methods.has(method) }
}
const first = async (call: Call): Promise<Buffer> => {
  for await (const message of call.messages) return message
  throw new Error('nothing was said')
}

test('credentials: a name and its password, a token, none; Docker Hub by its old address', async () => {
  const known: Record<string, object> = { 'https://index.docker.io/v1/': { Username: 'me', Secret: 'pass' }, 'r.io': { Secret: 'token' } }
  const client = clientOf(sessionWith(new Map([['/moby.filesync.v1.Auth/Credentials', async (call: Call) => call.send(messages.credentialsResponse.encode(known[messages.credentialsRequest.decode(await first(call)).Host] ?? {}))]])))
  expect(await client.credentials('docker.io')).toMatchObject({ username: 'me', password: 'pass' })
  expect(await client.credentials('r.io')).toMatchObject({ identityToken: 'token' })
  expect(await client.credentials('other.io')).toBeUndefined()
  expect(await client.secret('x')).toBeUndefined()
})

test('a secret, and one that the client does not have', async () => {
  const get = async (call: Call) => {
    if (messages.getSecretRequest.decode(await first(call)).ID !== 'key') throw new EngineError('not-found', 'no such secret')
    await call.send(messages.getSecretResponse.encode({ data: Buffer.from('opens') }))
  }
  const client = clientOf(sessionWith(new Map([['/moby.buildkit.secrets.v1.Secrets/GetSecret', get]])))
  expect([String(await client.secret('key')), await client.secret('other')]).toEqual(['opens', undefined])
})

test('a connection is joined to the agent that was named, to the end of both', async () => {
  const methods: Methods = new Map([
    ['/moby.sshforward.v1.SSH/CheckAgent', async (call: Call) => call.send(messages.empty.encode({}))],
    ['/moby.sshforward.v1.SSH/ForwardAgent', async (call: Call) => call.send(messages.bytes.encode({ data: Buffer.from(`${String(call.headers['buildkit.ssh.id'])} heard ${String(messages.bytes.decode(await first(call)).data)}`) }))],
  ])
  const join = await clientOf(sessionWith(methods)).agent('mine')
  const [step, agent] = duplexPair()
  join!(agent)
  step.write('ping')
  expect(await text(step)).toBe('mine heard ping')
})

test('what comes over standard input', async () => {
  const pull = async (call: Call) => { for (const piece of ['a', 'b']) await call.send(messages.bytes.encode({ data: Buffer.from(piece + String(call.headers['urlpath'])) })) }
  expect(await text(upload(sessionWith(new Map([['/moby.upload.v1.Upload/Pull', pull]])), new URL('http://buildkit-session/x')))).toBe('a/xb/x')
})
