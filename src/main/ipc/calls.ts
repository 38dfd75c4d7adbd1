import type { ClientFrame, ServerFrame } from '#shared/contract/bridge.ts'
import type { ConnectionId } from '#shared/contract/connections.ts'
import { shapes, type Contract, type Implementation, type Noun } from '#shared/contract/contract.ts'
import { serializeError } from '#shared/contract/errors.ts'
import type { CallId, EngineEvent } from '#shared/contract/events.ts'
import type { Shape } from '#shared/contract/shape.ts'
import { EngineError } from '#shared/errors.ts'
import type { CallContext } from './serve.ts'

interface CallsWiring {
  post(frame: ServerFrame): void
  reportBug(error: unknown, where: string): void
  report(event: EngineEvent): void
  /** Sends what was reported, so that an answer never overtakes its own progress. */
  flush(): void
}

type Method = (request: unknown, context: CallContext) => Promise<unknown>
type CallFrame = Extract<ClientFrame, { kind: 'call' }>
const mostAtOnce = 1_000

/** Answers calls: finds the method in the contract's table, checks the request, runs it with a signal. No logic. */
export function createCalls(implementationOf: (connection: ConnectionId | undefined) => Partial<Implementation<Contract, CallContext>>, wiring: CallsWiring) {
  const running = new Map<CallId, AbortController>()

  async function answer({ id, path, request, connection }: CallFrame): Promise<unknown> {
    if (running.has(id)) throw new EngineError('invalid-argument', `Call ${id} is already running.`)
    if (running.size >= mostAtOnce) throw new EngineError('resource-exhausted', 'Too many calls are running.')
    const { method, shape } = find(implementationOf(connection), path)
    const checked = shape(request, '')
    const controller = new AbortController()
    running.set(id, controller)
    try {
      return await method(checked, { signal: controller.signal, progress: (step) => wiring.report({ type: 'progress', callId: id, step }) })
    } finally {
      running.delete(id)
    }
  }

  return {
    async call(frame: CallFrame): Promise<void> {
      const { id, path } = frame
      try {
        const value = await answer(frame)
        wiring.flush()
        wiring.post({ kind: 'answer', id, value })
      } catch (thrown) {
        const error = serializeError(thrown)
        if (error.code === 'internal') wiring.reportBug(thrown, path)
        wiring.flush()
        wiring.post({ kind: 'answer', id, error })
      }
    },
    cancel: (id: CallId) => running.get(id)?.abort(new EngineError('cancelled', 'Cancelled.')),
  }
}

/** Only what the contract lists can be reached: a name from the page is never looked up on an object's prototype. */
function find(implementation: Partial<Implementation<Contract, CallContext>>, path: string): { method: Method; shape: Shape<unknown> } {
  const [noun = '', name = '', ...rest] = path.split('.')
  if (rest.length === 0 && Object.hasOwn(shapes, noun)) {
    const methods = shapes[noun as Noun] as unknown as Record<string, Shape<unknown>>
    const shape = Object.hasOwn(methods, name) ? methods[name] : undefined
    const method = (implementation[noun as Noun] as unknown as Record<string, Method> | undefined)?.[name]
    if (shape && method) return { method, shape }
  }
  throw new EngineError('invalid-argument', `There is no call named ${path.slice(0, 100)}.`, { reason: 'unknown-call' })
}
