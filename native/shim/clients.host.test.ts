import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { builds, makeWorkDirectory, prepareHost, removeWorkDirectory } from './testing/host-tools.ts'
import { blockedInWriting, exitRecord, residentMemory, startRun } from './testing/shim.ts'
import type { ShimClient } from './testing/shim-client.ts'

let work: string
beforeAll(() => {
  prepareHost()
  work = makeWorkDirectory()
})
afterAll(() => removeWorkDirectory(work))

/** A raw frame, for what encodeFrame would never make. */
function rawFrame(type: number, length: number, { stream = 0, reserved = 0 } = {}): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(type, 0)
  header.writeUInt8(stream, 1)
  header.writeUInt16LE(reserved, 2)
  header.writeUInt32LE(length, 4)
  return header
}

describe.each(builds)('%s', (build) => {
  test('several clients get the same output and the same exit', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'read go; seq 1 20000'], stdin: 'keep' })
    const clients = await Promise.all(Array.from({ length: 10 }, () => shim.connect()))
    await Promise.all(clients.map((client) => client.attach({ stdin: true, stdout: true })))
    clients[0]!.send({ type: 'start' }).stdin('go\n')
    await Promise.all(clients.map((client) => client.untilEnd()))
    const expected = Array.from({ length: 20000 }, (_, i) => `${i + 1}\n`).join('')
    for (const client of clients) {
      expect(client.output()).toBe(expected)
      expect(client.seen.at(-1)).toMatchObject({ type: 'exit', code: 0 })
    }
  })

  test('64 clients are served, the 65th is told, and its place can be taken when another leaves', async () => {
    const shim = await startRun({ work, build, args: ['true'] })
    const clients = await Promise.all(Array.from({ length: 64 }, () => shim.connect()))
    await Promise.all(clients.map((client) => client.attach({})))
    const surplus = await shim.connect()
    expect(await surplus.untilEnd()).toEqual([{ type: 'error', text: 'too many clients' }])
    clients[0]!.leave()
    while (!(await isServed(await shim.connect()))) continue // until the shim has seen the other leave
    await clients[1]!.send({ type: 'start' }).until('exit')
  })

  test('an attached client is killed in the midst of output; the process and the others go on', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'seq 1 300000'] })
    const [doomed, other] = [await shim.connect(), await shim.connect()]
    await doomed.attach({ stdout: true })
    await other.attach({ stdout: true })
    doomed.send({ type: 'start' })
    await doomed.until('output')
    doomed.leave()
    await other.untilEnd()
    expect(other.output().endsWith('299999\n300000\n')).toBe(true)
    expect(other.output().length).toBe(1988895)
  })

  test('a stalled client makes the process wait, without growth; it goes on when the client leaves', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'seq 1 300000; echo end'] })
    const [stalled, owner] = [await shim.connect(), await shim.connect()]
    await stalled.attach({ stdout: true })
    const { pid } = await owner.send({ type: 'start' }).until('started')
    await blockedInWriting(pid)
    if (build === 'slipway-shim') expect(residentMemory(shim.pid)).toBeLessThan(1024)
    stalled.leave()
    expect(await owner.until('exit')).toMatchObject({ code: 0 })
  })

  test('a slow client that goes on reading gets everything after the process has ended', async () => {
    const shim = await startRun({ work, build, args: ['seq', '1', '60000'] })
    const client = await shim.connect()
    await client.attach({ stdout: true })
    client.send({ type: 'start' })
    await client.until('started')
    await new Promise((resolve) => setTimeout(resolve, 2500)) // time is what it is about: longer than the grace for streams that others hold
    await client.untilEnd()
    expect(client.output().endsWith('59999\n60000\n')).toBe(true)
    expect(client.seen.at(-1)).toMatchObject({ type: 'exit', code: 0 })
  })

  test.for([
    ['a payload of more than 64 KiB', rawFrame(4, 65537), 'payload longer than 64 KiB'],
    ['an unknown type', rawFrame(99, 0), 'unknown frame type'],
    ["one of the shim's own types", rawFrame(64, 4), 'unknown frame type'],
    ['a wrong length', rawFrame(6, 3), 'wrong payload length'],
    ['reserved bytes', rawFrame(1, 0, { reserved: 1 }), 'reserved header bytes are not zero'],
    ['a stream where there is none', rawFrame(2, 0, { stream: 1 }), 'reserved header bytes are not zero'],
    ['stdin without attaching to it', rawFrame(4, 5), 'not attached to stdin'],
    // As much as the socket takes at once: a write that is still under way when the shim hangs up fails, and takes what the shim said with it.
    ['noise', Buffer.alloc(4_096, 0xa5), 'reserved header bytes are not zero'],
  ] as const)('%s closes that connection only', async ([, bytes, text]) => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'read line; echo $line'], stdin: 'once' })
    const good = await shim.connect()
    await good.attach({ stdin: true, stdout: true })
    const bad = await shim.connect()
    bad.socket.on('error', () => {}) // what it sent after its offence was never read: ECONNRESET or EPIPE
    bad.socket.write(bytes)
    expect(await bad.until('error')).toEqual({ type: 'error', text })
    await bad.untilEnd().catch((error: NodeJS.ErrnoException) => expect(error.code).toMatch(/ECONNRESET|EPIPE/))
    good.send({ type: 'start' }).stdin('fine\n')
    await good.untilEnd()
    expect(good.output()).toBe('fine\n')
  })

  test('frames cut into single bytes', async () => {
    const shim = await startRun({ work, build, args: ['cat'], stdin: 'once' })
    const client = await shim.connect()
    client.socket.setNoDelay(true)
    const frames = Buffer.concat([rawFrame(3, 1), Buffer.of(3), rawFrame(1, 0), rawFrame(4, 3), Buffer.from('abc'), rawFrame(5, 0)])
    for (const byte of frames) await new Promise((sent) => client.socket.write(Buffer.of(byte), sent))
    await client.untilEnd()
    expect(client.output()).toBe('abc')
  })

  test('START twice, SIGNAL before and after: refused, and the connection lives', async () => {
    const shim = await startRun({ work, build, args: ['sleep', '1000'] })
    const client = await shim.connect()
    client.send({ type: 'signal', signal: 9 })
    expect(await client.until('error')).toMatchObject({ text: 'not started' })
    await client.send({ type: 'start' }).until('started')
    client.send({ type: 'start' })
    expect(await client.until('error')).toMatchObject({ text: 'already started' })
    client.send({ type: 'signal', signal: 12345 })
    expect(await client.until('error')).toMatchObject({ text: 'Invalid argument' })
    client.send({ type: 'signal', signal: 9 })
    expect(await client.until('exit')).toMatchObject({ code: 137, signal: 9 })
  })

  test('the engine is killed; its successor subscribes and gets the exit', async () => {
    const shim = await startRun({ work, build, args: ['sh', '-c', 'read line; exit 9'], stdin: 'keep' })
    const engine = spawn(process.execPath, [join(import.meta.dirname, 'testing/engine-to-kill.ts'), shim.state], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void engine.kill('SIGKILL'))
    await once(engine.stdout, 'data')
    engine.kill('SIGKILL')
    await once(engine, 'exit')
    const successor = await shim.connect()
    await successor.send({ type: 'subscribe' }).until('started')
    await successor.attach({ stdin: true })
    successor.stdin('go on\n')
    expect(await successor.until('exit')).toMatchObject({ code: 9 })
    expect(exitRecord(shim)).toMatchObject({ code: '9' })
  })

  test('when the last client goes before START, the shim ends', async () => {
    const shim = await startRun({ work, build, args: ['true'] })
    const client = await shim.connect()
    await client.attach({ stdout: true })
    client.leave()
    expect(await shim.ended).toBe(0)
    const failure = await once(connect(join(shim.state, 'shim.sock')), 'error')
    expect(failure[0]).toMatchObject({ code: 'ENOENT' })
  })
})

async function isServed(client: ShimClient): Promise<boolean> {
  return client.attach({}).then(() => true, () => false)
}
