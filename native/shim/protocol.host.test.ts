import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeFrame, type ShimRequest } from '../../src/main/engine/core/runtime/shim-frames.ts'
import { changedBytes } from '../../src/main/engine/testing/changed-bytes.ts'
import { builds, makeWorkDirectory, prepareHost, removeWorkDirectory, type Build } from './testing/host-tools.ts'
import { residentMemory, startRun, type Shim } from './testing/shim.ts'

/** Bytes that no engine sends, to a shim whose container runs. Under the sanitizers too, whose complaint ends it. More: SLIPWAY_FUZZ_RUNS. */
const RUNS = Number(process.env['SLIPWAY_FUZZ_RUNS'] ?? 300)
const SEED = Number(process.env['SLIPWAY_FUZZ_SEED'] ?? 1)
const AT_ONCE = 20

let work: string
beforeAll(() => {
  prepareHost()
  work = makeWorkDirectory()
})
afterAll(() => removeWorkDirectory(work))

const frames = (...requests: ShimRequest[]) => Buffer.concat(requests.map(encodeFrame))
const corpus = [
  frames({ type: 'attach', stdin: true, stdout: true, stderr: true }, { type: 'start' }, { type: 'stdin', bytes: Buffer.from('some words\n') }, { type: 'stdin-close' }),
  frames({ type: 'subscribe' }, { type: 'resize', rows: 24, columns: 80 }, { type: 'signal', signal: 28 }, { type: 'subscribe' }),
  frames({ type: 'attach', stdin: true, stdout: false, stderr: false }, { type: 'stdin', bytes: Buffer.alloc(70_000, 'x') }),
  frames({ type: 'signal', signal: 0 }, { type: 'signal', signal: 2 ** 32 - 1 }, { type: 'resize', rows: 0, columns: 65_535 }, { type: 'start' }, { type: 'start' }),
]
const inputs = fc.oneof({ weight: 4, arbitrary: changedBytes(corpus) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2048 }).map((bytes) => Buffer.from(bytes)) })

async function running(build: Build): Promise<Shim> {
  const shim = await startRun({ work, build, args: ['sh', '-c', 'while :; do read line || sleep 1; echo "$line"; done'], tty: true, stdin: 'keep' })
  const client = await shim.connect()
  await client.send({ type: 'start' }).until('started')
  client.leave()
  return shim
}

/** All of them at once; the answer to one more shows that the shim has gone on. */
async function meddle(shim: Shim, batch: readonly Uint8Array[]): Promise<void> {
  using stack = new DisposableStack()
  const connect = async () => stack.adopt(await shim.connect(), (client) => client.leave())
  const strangers = await Promise.all(batch.map(connect))
  for (const [index, { socket }] of strangers.entries()) {
    socket.on('error', () => {})
    socket.write(batch[index]!)
  }
  // A shim whose process ends waits for those who still have to take what it said: they leave, however this goes.
  await (await connect()).attach({})
}

describe.each(builds)('%s', (build) => {
  test('whatever clients send, it goes on, serves the next one and does not grow', { timeout: 90_000 + RUNS * 100 }, async () => {
    const all = [...corpus, ...fc.sample(inputs, { numRuns: RUNS, seed: SEED })]
    let shim = await running(build)
    const before = residentMemory(shim.pid)
    for (let at = 0; at < all.length; at += AT_ONCE) {
      // A frame that says SIGKILL is as good as any other: then the process has ended, in good order.
      if (shim.child.exitCode !== null || shim.child.signalCode !== null) shim = await running(build)
      await meddle(shim, all.slice(at, at + AT_ONCE)).catch(async (error: unknown) => {
        expect(await shim.ended, String(error)).toBe(0)
      })
    }
    const last = await running(build)
    expect(last.child.signalCode).toBeNull()
    // Outboxes and the queue of stdin are bounded; sanitizers keep what was freed in quarantine.
    if (build === 'slipway-shim' && shim.child.exitCode === null) expect(residentMemory(shim.pid)).toBeLessThan(before + 4096)
  })
})
