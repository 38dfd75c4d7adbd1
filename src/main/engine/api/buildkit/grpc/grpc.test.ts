import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { EngineError } from '#shared/errors.ts'
import { createGrpcClient } from './client.ts'
import { serveGrpc, type Methods } from './server.ts'
import { codeOf } from './status.ts'

function connected(methods: Methods) {
  const [ours, theirs] = duplexPair()
  serveGrpc(theirs, { methods, status: codeOf, details: () => undefined, onError: () => {} })
  return createGrpcClient(ours)
}

test('one answer, a stream of answers, and both directions at once', async () => {
  using client = connected(
    new Map([
      ['/t/Echo', async (call) => { for await (const message of call.messages) await call.send(message) }],
      ['/t/Meta', async (call) => call.send(Buffer.from(String(call.headers['names'])))],
    ]),
  )
  expect((await client.ask('/t/Echo', Buffer.from('one'))).toString()).toBe('one')
  expect((await client.ask('/t/Meta', Buffer.alloc(0), { names: ['a', 'b'] })).toString()).toBe('a, b')
  using talk = client.open('/t/Echo')
  const heard = talk.messages[Symbol.asyncIterator]()
  for (const word of ['x', 'y']) {
    await talk.send(Buffer.from(word))
    expect(String((await heard.next()).value)).toBe(word)
  }
  talk.finish()
  expect((await heard.next()).done).toBe(true)
})

test('a refusal comes with its code and words, an unknown method too', async () => {
  using client = connected(new Map([['/t/No', async () => { throw new EngineError('not-found', '100 % of „x“ is gone') }]]))
  await expect(client.ask('/t/No', Buffer.alloc(0))).rejects.toMatchObject({ code: 'not-found', message: '100 % of „x“ is gone' })
  await expect(client.ask('/t/Other', Buffer.alloc(0))).rejects.toMatchObject({ code: 'not-implemented' })
})

test('a caller that gives up is noticed, and a connection that ends fails what is open', async () => {
  const gone = Promise.withResolvers<void>()
  using client = connected(new Map([['/t/Wait', async (call) => { await call.send(Buffer.from('here')); await once(call.signal, 'abort'); gone.resolve() }]]))
  const talk = client.open('/t/Wait')
  await talk.send(Buffer.from('x'))
  for await (const word of talk.messages) {
    expect(String(word)).toBe('here')
    break
  }
  talk[Symbol.dispose]()
  await gone.promise
  using left = client.open('/t/Wait')
  const heard = Array.fromAsync(left.messages)
  await left.send(Buffer.alloc(0))
  client[Symbol.dispose]()
  await expect(heard).rejects.toMatchObject({ code: 'unavailable' })
})
