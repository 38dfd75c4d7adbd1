import { expect, test, vi } from 'vitest'
import { createBridge, eventWindow, streamWindow, type ClientFrame, type EventFrame, type ServerFrame } from '#shared/contract/bridge.ts'
import type { EngineEvent, Snapshot } from '#shared/contract/events.ts'
import type { LogsMessage } from '#shared/contract/streams.ts'
import { EngineError } from '#shared/errors.ts'
import { serve, type CallContext, type Session } from './serve.ts'

const snapshot = { connection: 'embedded', containers: [] } as unknown as Snapshot
const line = (text: string): LogsMessage => ({ kind: 'lines', lines: [{ at: '', stream: 'stdout', text }] })
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The page's bridge joined to a session in memory; frames are copied as a wire would. */
function join(parts: { containers?: object; logs?: unknown; exec?: unknown }) {
  const listeners = new Set<(event: EngineEvent) => void>()
  const session = {
    implementation: { containers: parts.containers ?? {} },
    streams: { 'containers.logs': parts.logs, 'containers.exec': parts.exec },
    snapshot: () => snapshot,
    onEvent(listener: (event: EngineEvent) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } as unknown as Session
  const reportBug = vi.fn()
  const page = createBridge((frame: ClientFrame) => peer.receive(structuredClone(frame)))
  const peer = serve(session, (frame: ServerFrame) => page.receive(structuredClone(frame)), { reportBug })
  return { ...page, peer, reportBug, emit: (event: EngineEvent) => listeners.forEach((listener) => listener(event)), listeners }
}

test('a call reaches the method with its checked request and answers', async () => {
  const { bridge } = join({ containers: { rename: async (request: unknown) => request } })
  expect(await bridge.call('1', 'containers.rename', { id: 'web', name: 'api', extra: 1 })).toMatchObject({ value: { id: 'web', name: 'api' } })
})

test('a request of the wrong shape is refused with its field, before the method', async () => {
  const stop = vi.fn()
  const { bridge } = join({ containers: { stop } })
  const { error } = await bridge.call('1', 'containers.stop', { ids: ['web', '../etc'] })
  expect(error).toMatchObject({ code: 'invalid-argument', field: 'ids[1]' })
  expect(stop).not.toHaveBeenCalled()
})

test.each(['containers.constructor', 'constructor.name', '__proto__.toString', 'containers', 'containers.stop.call', 'nothing.here'])('there is no call named %s', async (path) => {
  const { bridge } = join({})
  expect((await bridge.call('1', path, undefined)).error).toMatchObject({ reason: 'unknown-call' })
})

test('errors carry code, reason, hint and field; only bugs are reported', async () => {
  const list = vi.fn().mockRejectedValueOnce(new EngineError('conflict', 'Taken.', { reason: 'port-allocated', hint: 'Choose another.', field: 'ports[0].hostPort' }))
  list.mockRejectedValueOnce(new TypeError('x is undefined'))
  const { bridge, reportBug } = join({ containers: { list } })
  expect((await bridge.call('1', 'containers.list', undefined)).error).toEqual({ code: 'conflict', message: 'Taken.', reason: 'port-allocated', hint: 'Choose another.', field: 'ports[0].hostPort' })
  expect(reportBug).not.toHaveBeenCalled()
  expect((await bridge.call('2', 'containers.list', undefined)).error).toEqual({ code: 'internal', message: 'x is undefined' })
  expect(reportBug).toHaveBeenCalledOnce()
})

test('cancelling aborts the signal of that call alone', async () => {
  const list = (_: unknown, { signal }: CallContext) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const { bridge } = join({ containers: { list, inspect: async () => 'here' } })
  const cancelled = bridge.call('1', 'containers.list', undefined)
  const other = bridge.call('2', 'containers.inspect', { id: 'a' })
  bridge.cancel('1')
  expect((await cancelled).error).toMatchObject({ code: 'cancelled' })
  expect((await other).value).toBe('here')
})

test('progress arrives before the answer it belongs to', async () => {
  const seen: unknown[] = []
  const list = async (_: unknown, { progress }: CallContext) => progress({ kind: 'phase', phase: 'pulling' })
  const { bridge } = join({ containers: { list } })
  bridge.onEvent((frame) => seen.push(frame))
  await bridge.call('7', 'containers.list', undefined)
  expect(seen.at(-1)).toEqual({ kind: 'events', sequence: 1, events: [{ type: 'progress', callId: '7', step: { kind: 'phase', phase: 'pulling' } }] })
})

test('events are numbered after the snapshot, and of one item only the last is sent', async () => {
  const frames: EventFrame[] = []
  const { bridge, emit } = join({})
  bridge.onEvent((frame) => frames.push(frame))
  emit({ type: 'image.removed', id: 'a' })
  emit({ type: 'image.removed', id: 'b' })
  emit({ type: 'image.removed', id: 'a' })
  await vi.waitFor(() => expect(frames).toHaveLength(2))
  expect(frames).toEqual([
    { kind: 'snapshot', sequence: 0, snapshot },
    { kind: 'events', sequence: 2, events: [{ type: 'image.removed', id: 'b' }, { type: 'image.removed', id: 'a' }] },
  ])
})

test('a page that does not acknowledge gets nothing more, and a new snapshot once it has caught up', async () => {
  const frames: EventFrame[] = []
  const { bridge, emit, peer } = join({})
  const subscription = bridge.onEvent((frame) => frames.push(frame))
  const burst = async (count: number, name: string) => {
    const before = frames.length
    for (let index = 0; index < count; index++) emit({ type: 'image.removed', id: `${name}${index}` })
    await new Promise((resolve) => setTimeout(resolve, 40))
    return frames.length - before
  }
  expect(await burst(eventWindow, 'a')).toBe(1)
  expect(await burst(1, 'b')).toBe(0)
  expect(await burst(1, 'c')).toBe(0)
  subscription.ack(eventWindow)
  expect(frames.at(-1)).toMatchObject({ kind: 'snapshot', sequence: eventWindow + 1 })
  expect(await burst(1, 'd')).toBe(1)
  peer.close()
})

test('a closed window is no longer listened for', () => {
  const { bridge, peer, listeners } = join({})
  bridge.onEvent(() => {})
  expect(listeners.size).toBe(1)
  peer.close()
  expect(listeners.size).toBe(0)
})

test('a stream waits for a slow page and goes on when it has caught up', async () => {
  let produced = 0
  async function* logs() {
    for (;;) yield line('x'.repeat(++produced && 100_000))
  }
  const { bridge } = join({ logs })
  const costs: number[] = []
  const port = bridge.openStream('containers.logs', { id: 'web', follow: true }, { message: (_, cost) => costs.push(cost), end: () => {} })
  await vi.waitFor(() => expect(produced).toBe(10))
  await settle()
  expect(produced).toBe(10)
  costs.splice(0, 5).forEach((cost) => port.ack(cost))
  await settle()
  expect(produced).toBe(10)
  costs.splice(0).forEach((cost) => port.ack(cost))
  await vi.waitFor(() => expect(produced).toBe(20))
  expect(streamWindow.high / 100_000).toBe(10)
  port.close()
})

test('closing a stream aborts its producer and ends its input', async () => {
  const ends: string[] = []
  async function* exec(_: unknown, { signal, input }: { signal: AbortSignal; input: AsyncIterable<unknown> }) {
    signal.addEventListener('abort', () => ends.push('aborted'))
    try {
      for await (const message of input) yield { kind: 'output', text: JSON.stringify(message) }
    } finally {
      ends.push('finished')
    }
  }
  const { bridge } = join({ exec })
  const received: unknown[] = []
  const port = bridge.openStream('containers.exec', { id: 'web', columns: 80, rows: 24 }, { message: (message) => received.push(message), end: () => ends.push('told') })
  port.send({ kind: 'input', text: 'ls\n' })
  await vi.waitFor(() => expect(received).toEqual([{ kind: 'output', text: '{"kind":"input","text":"ls\\n"}' }]))
  port.close()
  await vi.waitFor(() => expect(ends).toEqual(['aborted', 'finished']))
})

test('a stream that fails, is unknown or is sent nonsense ends with its error', async () => {
  async function* logs() {
    yield line('one')
    throw new EngineError('not-found', 'No such container: web')
  }
  async function* exec(_: unknown, { input }: { input: AsyncIterable<unknown> }) {
    for await (const _message of input) yield { kind: 'output', text: '' }
  }
  const { bridge } = join({ logs, exec })
  const endOf = (name: string, request: unknown, message?: unknown) =>
    new Promise((resolve) => {
      const port = bridge.openStream(name, request, { message: () => {}, end: resolve })
      if (message) port.send(message)
    })
  expect(await endOf('containers.logs', { id: 'web', follow: true })).toMatchObject({ code: 'not-found' })
  expect(await endOf('containers.nothing', {})).toMatchObject({ reason: 'unknown-stream' })
  expect(await endOf('containers.exec', { id: 'web', columns: 0, rows: 24 })).toMatchObject({ field: 'columns' })
  expect(await endOf('containers.exec', { id: 'web', columns: 80, rows: 24 }, { kind: 'shout' })).toMatchObject({ code: 'invalid-argument' })
})

test('what is not a frame is dropped', () => {
  const { peer } = join({})
  for (const frame of [null, 7, 'call', {}, { kind: 'toString' }, { kind: 'call', id: 3, path: 'a' }, { kind: 'stream.ack', id: 1, cost: -5 }]) peer.receive(frame)
})
