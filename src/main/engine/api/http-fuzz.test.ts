import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { changedBytes } from '../testing/changed-bytes.ts'
import { createApiServer } from './server.ts'
import { json, type Route } from './router.ts'

/** Raw bytes where a request should be; `npm run fuzz` sends more of them. */
const RUNS = Math.ceil(Number(process.env['SLIPWAY_FUZZ_RUNS'] ?? 300) / 2)
const SEED = Number(process.env['SLIPWAY_FUZZ_SEED'] ?? 1)

const ROUTES: Route[] = [
  { method: 'GET', path: '/_ping', handle: () => ({ status: 200, body: 'OK' }) },
  { method: 'GET', path: '/images/*name/json', handle: ({ params }) => json(params) },
  { method: 'GET', path: '/containers/:id/json', handle: ({ params, query }) => json({ ...params, size: query.flag('size'), filters: query.filters() }) },
  { method: 'POST', path: '/echo', handle: async (exchange) => json(await exchange.json()) },
  { method: 'POST', path: '/raw', handle: async (exchange) => {
    const { prefix } = await exchange.json<{ prefix?: string }>()
    const stream = exchange.hijack('application/vnd.docker.raw-stream')
    stream.on('error', () => stream.destroy())
    stream.write(String(prefix))
    stream.pipe(stream)
    return undefined
  } },
]

/** Sends the bytes, then ends; gives what came back until the other side ended too. */
async function exchange(path: string, bytes: Uint8Array): Promise<Buffer> {
  const socket = connect({ path, allowHalfOpen: true })
  // A server that has heard enough may close before it has taken everything.
  const broken = new Promise<Buffer>((resolve) => socket.once('error', () => resolve(Buffer.alloc(0))))
  socket.end(bytes)
  return await Promise.race([buffer(socket).catch(() => Buffer.alloc(0)), broken]).finally(() => socket.destroy())
}

const corpus = globSync('fixtures/requests/*.http', { cwd: import.meta.dirname }).map((name) => readFileSync(join(import.meta.dirname, name)))
const inputs = fc.oneof({ weight: 4, arbitrary: changedBytes(corpus) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4096 }).map((bytes) => Buffer.from(bytes)) })

test('whatever comes where a request should, it is answered or closed, and the next client is served', { timeout: 90_000 + RUNS * 100 }, async () => {
  expect(corpus.length).toBeGreaterThan(5)
  const folder = await mkdtemp(join(tmpdir(), 'slipway-http-'))
  const errors: string[] = []
  const server = createApiServer({ routes: ROUTES, version: '1.2.3', log: (line) => errors.push(line) })
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })
  const path = join(folder, 's')
  await server.listen(path, 0o600)
  const ping = readFileSync(join(import.meta.dirname, 'fixtures/requests/ping.http'))
  await fc.assert(
    fc.asyncProperty(inputs, async (bytes) => {
      const reply = (await exchange(path, bytes)).toString('latin1')
      if (reply !== '') expect(reply).toMatch(/^HTTP\/1\.1 [1-4]\d\d /)
      expect((await exchange(path, ping)).toString('latin1')).toMatch(/^HTTP\/1\.1 200 /)
      // An internal error would have been one of ours.
      expect(errors).toEqual([])
    }),
    { numRuns: RUNS, seed: SEED, examples: corpus.map((bytes): [Buffer] => [bytes]) },
  )
})
