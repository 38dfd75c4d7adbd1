import { expect, test, vi } from 'vitest'
import type { Bridge, EventFrame } from '#shared/contract/bridge.ts'
import type { EngineEvent, Snapshot } from '#shared/contract/events.ts'
import { linkEngine } from './link.ts'
import { createEngineProxy } from './proxy.ts'

vi.stubGlobal('window', {})

function linked() {
  let receive: (frame: EventFrame) => void = () => {}
  const subscription = { refresh: vi.fn(), ack: vi.fn(), close: vi.fn() }
  const call = vi.fn()
  const bridge = {
    call,
    cancel: vi.fn(),
    onEvent: (listener: typeof receive) => {
      receive = listener
      return subscription
    },
    openStream: vi.fn(),
  }
  const proxy = createEngineProxy(bridge as unknown as Bridge)
  const target = { reset: vi.fn(), apply: vi.fn() }
  linkEngine(bridge as unknown as Bridge, proxy, target)
  return { receive: (frame: EventFrame) => receive(frame), subscription, target, proxy, bridge, call }
}
const snapshot = (name: string) => ({ connection: name }) as unknown as Snapshot
const removed = (id: string): EngineEvent => ({ type: 'image.removed', id })

test('a snapshot, then events that count up from it', () => {
  const { receive, target, subscription } = linked()
  receive({ kind: 'snapshot', sequence: 7, snapshot: snapshot('a') })
  receive({ kind: 'events', sequence: 9, events: [removed('x'), removed('y')] })
  expect(target.reset).toHaveBeenCalledWith(snapshot('a'))
  expect(target.apply.mock.calls).toEqual([[removed('x')], [removed('y')]])
  expect(subscription.ack.mock.calls).toEqual([[7], [9]])
})

test('a gap asks for a new snapshot and nothing is believed until it comes', () => {
  const { receive, target, subscription } = linked()
  receive({ kind: 'snapshot', sequence: 0, snapshot: snapshot('a') })
  receive({ kind: 'events', sequence: 3, events: [removed('late')] })
  receive({ kind: 'events', sequence: 4, events: [removed('later')] })
  expect(subscription.refresh).toHaveBeenCalledOnce()
  expect(target.apply).not.toHaveBeenCalled()
  receive({ kind: 'snapshot', sequence: 4, snapshot: snapshot('b') })
  receive({ kind: 'events', sequence: 5, events: [removed('new')] })
  expect(target.reset).toHaveBeenLastCalledWith(snapshot('b'))
  expect(target.apply.mock.calls).toEqual([[removed('new')]])
})

test('progress goes to the call it belongs to, and errors come back whole', async () => {
  const { receive, proxy, call, target } = linked()
  const answer = Promise.withResolvers<object>()
  call.mockReturnValue(answer.promise)
  receive({ kind: 'snapshot', sequence: 0, snapshot: snapshot('a') })
  const seen: unknown[] = []
  const pulling = proxy.images.pull({ reference: 'nginx' }, { onProgress: (step) => seen.push(step) })
  const [id, path, request] = call.mock.calls[0] as [string, string, unknown]
  expect([path, request]).toEqual(['images.pull', { reference: 'nginx' }])
  const step = { kind: 'phase', phase: 'pulling' } as const
  receive({ kind: 'events', sequence: 2, events: [{ type: 'progress', callId: id, step }, { type: 'progress', callId: 'another', step }] })
  answer.resolve({ error: { code: 'not-found', message: 'No such image.', field: 'reference' } })
  await expect(pulling).rejects.toMatchObject({ name: 'EngineError', code: 'not-found', field: 'reference' })
  expect(seen).toEqual([step])
  expect(target.apply).not.toHaveBeenCalled()
})

test('an aborted call is cancelled in the main process', async () => {
  const { proxy, bridge, call } = linked()
  call.mockImplementation(() => new Promise(() => {}))
  const controller = new AbortController()
  void proxy.images.pull({ reference: 'nginx' }, { signal: controller.signal }).catch(() => {})
  controller.abort()
  expect(bridge.cancel).toHaveBeenCalledWith((call.mock.calls[0] as [string])[0])
  await expect(proxy.images.pull({ reference: 'nginx' }, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' })
})

test('where messages come at once, each is acknowledged as it has been taken in, and the end comes after all', async () => {
  const { proxy, bridge } = linked()
  const port = { send: vi.fn(), ack: vi.fn(), close: vi.fn() }
  bridge.openStream.mockReturnValue(port)
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const [onMessage, ended] = [vi.fn(() => gates[onMessage.mock.calls.length - 1]!.promise), vi.fn()]
  proxy.openStream('containers.logs', { id: 'web', follow: true }, { atOnce: true, onMessage, onEnd: ended })
  const listener = bridge.openStream.mock.calls[0]![2] as { message(message: unknown, cost: number): void; end(): void }
  listener.message({ kind: 'caught-up' }, 10)
  listener.message({ kind: 'caught-up' }, 20)
  listener.end()
  expect(onMessage).toHaveBeenCalledTimes(2)
  expect(port.ack).not.toHaveBeenCalled()
  for (const gate of gates) gate.resolve()
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce())
  expect(port.ack.mock.calls).toEqual([[10], [20]])
})

test('a message is acknowledged once it has been taken in, in order', async () => {
  const { proxy, bridge } = linked()
  const port = { send: vi.fn(), ack: vi.fn(), close: vi.fn() }
  bridge.openStream.mockReturnValue(port)
  const gate = Promise.withResolvers<void>()
  const ended = vi.fn()
  proxy.openStream('containers.logs', { id: 'web', follow: true }, { onMessage: () => gate.promise, onEnd: ended })
  const listener = bridge.openStream.mock.calls[0]![2] as { message(message: unknown, cost: number): void; end(): void }
  listener.message({ kind: 'caught-up' }, 10)
  listener.message({ kind: 'caught-up' }, 20)
  listener.end()
  await Promise.resolve()
  expect(port.ack).not.toHaveBeenCalled()
  gate.resolve()
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce())
  expect(port.ack.mock.calls).toEqual([[10], [20]])
})
