import type { ClientFrame, ServerFrame } from '#shared/contract/bridge.ts'
import { serializeError } from '#shared/contract/errors.ts'
import { streamShapes, type StreamName, type StreamsContract } from '#shared/contract/streams.ts'
import type { Shape } from '#shared/contract/shape.ts'
import { EngineError } from '#shared/errors.ts'
import { costOf } from './cost.ts'
import { createFlowWindow, type FlowWindow } from './flow-window.ts'
import { createInbox, type Inbox } from './inbox.ts'

/** What every stream is given. */
export interface StreamContext<Input> {
  /** Aborted when the page closes the stream or goes away. */
  signal: AbortSignal
  /** What the page sends, in order; ends with the stream. */
  input: AsyncIterable<Input>
}
/** A producer is pulled: nothing more is asked of it while the page has more than it can show. */
export type StreamImplementations = {
  readonly [Name in StreamName]: (request: StreamsContract[Name]['request'], context: StreamContext<StreamsContract[Name]['send']>) => AsyncIterable<StreamsContract[Name]['receive']>
}

type StreamFrame = Extract<ClientFrame, { kind: `stream.${string}` }>
interface StreamsWiring {
  post(frame: ServerFrame): void
  reportBug(error: unknown, where: string): void
}
interface Running {
  controller: AbortController
  inbox: Inbox<unknown>
  inputShape: Shape<unknown>
  acknowledge(cost: number): void
}

const mostAtOnce = 200

/** The streams of one window, by the numbers the page gave them. */
export function createStreams(implementations: StreamImplementations, wiring: StreamsWiring) {
  const running = new Map<number, Running>()

  function open(id: number, name: string, request: unknown): void {
    if (running.has(id)) return
    if (running.size >= mostAtOnce) throw new EngineError('resource-exhausted', 'Too many streams are open.')
    const shape = shapeOf(name)
    const checked = shape.request(request, '')
    const window = createFlowWindow()
    const controller = new AbortController()
    const inbox = createInbox<unknown>()
    running.set(id, { controller, inbox, inputShape: shape.send, acknowledge: window.acknowledge })
    const produce = implementations[name as StreamName] as unknown as (request: unknown, context: StreamContext<unknown>) => AsyncIterable<unknown>
    void pump(id, name, produce(checked, { signal: controller.signal, input: inbox }), window, controller)
  }

  async function pump(id: number, name: string, producer: AsyncIterable<unknown>, window: FlowWindow, controller: AbortController): Promise<void> {
    try {
      for await (const message of producer) {
        if (controller.signal.aborted) return
        const cost = costOf(message)
        window.spend(cost)
        wiring.post({ kind: 'stream.message', id, message, cost })
        await window.room(controller.signal)
      }
      if (running.has(id)) wiring.post({ kind: 'stream.end', id })
    } catch (thrown) {
      if (running.has(id)) fail(wiring, id, name, thrown)
    } finally {
      drop(id)
    }
  }

  function drop(id: number): void {
    const stream = running.get(id)
    running.delete(id)
    stream?.inbox.end()
    stream?.controller.abort()
  }

  function take(frame: StreamFrame): void {
    if (frame.kind === 'stream.open') return open(frame.id, frame.name, frame.request)
    const stream = running.get(frame.id)
    if (!stream) return
    if (frame.kind === 'stream.close') drop(frame.id)
    else if (frame.kind === 'stream.ack') stream.acknowledge(frame.cost)
    else stream.inbox.put(stream.inputShape(frame.message, 'message'), costOf(frame.message))
  }

  return {
    receive(frame: StreamFrame): void {
      try {
        take(frame)
      } catch (error) {
        fail(wiring, frame.id, 'name' in frame ? frame.name : 'stream', error)
        drop(frame.id)
      }
    },
    close(): void {
      for (const id of [...running.keys()]) drop(id)
    },
  }
}

function fail(wiring: StreamsWiring, id: number, name: string, thrown: unknown): void {
  const error = serializeError(thrown)
  if (error.code === 'internal') wiring.reportBug(thrown, name)
  wiring.post({ kind: 'stream.end', id, error })
}

function shapeOf(name: string): { request: Shape<unknown>; send: Shape<unknown> } {
  if (Object.hasOwn(streamShapes, name)) return streamShapes[name as StreamName] as { request: Shape<unknown>; send: Shape<unknown> }
  throw new EngineError('invalid-argument', `There is no stream named ${name.slice(0, 100)}.`, { reason: 'unknown-stream' })
}
