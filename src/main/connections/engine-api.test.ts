import { expect, test } from 'vitest'
import { createEngineApi } from './engine-api.ts'
import { startFakeEngine } from './testing/fake-engine.ts'
import { createTransport } from './transport/transport.ts'

const refuse = (status: number, body: string) => async () => {
  await using engine = await startFakeEngine()
  engine.routes.set('POST /images/create', ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body)
  })
  return await createEngineApi(createTransport({ kind: 'socket', socketPath: engine.socketPath })).stream('POST', '/images/create')
}

test('what an engine says when it refuses a stream arrives whole', async () => {
  const body = { message: 'Get "https://registry-1.docker.io/v2/": lookup failed', code: 'unavailable', reason: 'unreachable', hint: 'Check the network connection.' }
  await expect(refuse(503, JSON.stringify(body))()).rejects.toMatchObject(body)
})

test('a plain Docker engine, or something in between, says a message alone', async () => {
  await expect(refuse(404, '{"message":"manifest unknown"}')()).rejects.toMatchObject({ code: 'not-found', message: 'manifest unknown', reason: 'http-404' })
  await expect(refuse(502, 'Bad Gateway\n')()).rejects.toMatchObject({ message: 'Bad Gateway', reason: 'http-502' })
})
