import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createGzip, gunzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { PIECE, Pieces } from '../../core/files/pieces.ts'
import { sendContent } from './send-content.ts'

let stop: (() => Promise<unknown>) | undefined
afterEach(async () => await stop?.())

/** Serves one body. @returns the answer to a request for it, whose body has not been asked for. */
async function answering(content: () => AsyncIterable<Uint8Array>, gzip = false): Promise<IncomingMessage> {
  const server = createServer((_, response) => void sendContent(response.writeHead(200), content(), gzip ? createGzip({ level: 1 }) : undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [IncomingMessage]
  return response
}

async function* numbered(count: number): AsyncGenerator<Uint8Array> {
  const pieces = new Pieces()
  for (let index = 0; index < count; index++) yield pieces.take(index === count - 1 ? 1000 : PIECE).fill(index + 1)
}

const expected = (count: number) => Buffer.concat(Array.from({ length: count }, (_, index) => Buffer.alloc(index === count - 1 ? 1000 : PIECE, index + 1)))
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test('memory that is used again is not written over while it is being sent, plain or encoded', async () => {
  for (const gzip of [false, true]) {
    const received = await buffer(await answering(() => numbered(9), gzip))
    expect(digest(gzip ? gunzipSync(received) : received)).toBe(digest(expected(9)))
    await stop?.()
  }
})

test('a client that leaves ends the giver of the pieces', async () => {
  const ended = Promise.withResolvers<void>()
  const response = await answering(async function* () {
    try {
      yield* numbered(1000)
    } finally {
      ended.resolve()
    }
  })
  response.destroy()
  await ended.promise
})

test('a failure on the way cuts the connection', async () => {
  const response = await answering(async function* () {
    yield* numbered(2)
    throw new Error('the disk is gone')
  })
  await expect(buffer(response)).rejects.toThrow('aborted')
})
