import { webUrl } from '#shared/contract/app.ts'
import { reviveError } from '#shared/contract/errors.ts'
import type { Bridge } from '#shared/contract/bridge.ts'
import type { ConnectionId } from '#shared/contract/connections.ts'
import { shapes, type Client, type Contract } from '#shared/contract/contract.ts'
import type { CallId, ProgressStep } from '#shared/contract/events.ts'
import type { StreamName, StreamsContract } from '#shared/contract/streams.ts'
import { EngineError } from '#shared/errors.ts'

/** What may be added to any call. */
export interface CallOptions {
  /** Cancels in the main process too; the call rejects with `cancelled`. */
  signal?: AbortSignal
  onProgress?: (step: ProgressStep) => void
}

export interface StreamHandlers<Name extends StreamName> {
  /** The next message comes when this returns (or resolves): a slow page slows its producer. */
  onMessage(message: StreamsContract[Name]['receive']): void | Promise<void>
  /** The next message comes at once; a promise only keeps the producer waiting. For who takes them up in order by itself. */
  atOnce?: boolean
  /** Once, unless the page closed the stream itself. */
  onEnd?(error: EngineError | undefined): void
}
export interface OpenStream<Name extends StreamName> {
  send(message: StreamsContract[Name]['send']): void
  close(): void
}

export interface EngineProxy extends Client<Contract, CallOptions> {
  openStream<Name extends StreamName>(name: Name, request: StreamsContract[Name]['request'], handlers: StreamHandlers<Name>): OpenStream<Name>
  /** The same about that engine, whichever the window shows: for the nouns that an engine holds. */
  on(connection: ConnectionId): Pick<Client<Contract, CallOptions>, 'containers' | 'images' | 'networks' | 'volumes'>
  /** Fed by link.ts, which alone listens to events. */
  reportProgress(callId: CallId, step: ProgressStep): void
}

/** The whole contract as an object: `engine.containers.stop({ ids })`. Methods come from the contract's own table. */
export function createEngineProxy(bridge: Bridge): EngineProxy {
  const page = crypto.randomUUID()
  const listeners = new Map<CallId, (step: ProgressStep) => void>()
  let calls = 0

  async function call(path: string, request: unknown, options: CallOptions = {}, connection?: ConnectionId): Promise<unknown> {
    const { signal, onProgress } = options
    if (signal?.aborted) throw new EngineError('cancelled', 'Cancelled.')
    const id: CallId = `${page}:${++calls}`
    const cancel = () => bridge.cancel(id)
    if (onProgress) listeners.set(id, onProgress)
    signal?.addEventListener('abort', cancel)
    try {
      const answer = await bridge.call(id, path, request, connection)
      if (answer.error) throw reviveError(answer.error)
      return answer.value
    } finally {
      signal?.removeEventListener('abort', cancel)
      listeners.delete(id)
    }
  }

  function clientOf(connection?: ConnectionId): Client<Contract, CallOptions> {
    const nouns = Object.entries(shapes).map(([noun, methods]) => {
      const entries = Object.keys(methods).map((method) => [method, (request?: unknown, options?: CallOptions) => call(`${noun}.${method}`, request, options, connection)])
      return [noun, Object.fromEntries(entries)] as const
    })
    return Object.fromEntries(nouns) as Client<Contract, CallOptions>
  }
  const client = clientOf()
  return {
    ...client,
    on: clientOf,
    app: bridge === window.slipway ? client.app : { ...client.app, ...browserAbilities },
    openStream: (name, request, handlers) => openStream(bridge, name, request, handlers),
    reportProgress: (callId, step) => listeners.get(callId)?.(step),
  }
}

/** What a browser does by itself, where no shell is behind the page. */
const browserAbilities: Pick<Client<Contract, CallOptions>['app'], 'openExternal' | 'copyText'> = {
  async openExternal({ url }) {
    window.open(webUrl(url, 'url'), '_blank', 'noopener,noreferrer')
  },
  copyText: ({ text }) => navigator.clipboard.writeText(text),
}

function openStream<Name extends StreamName>(bridge: Bridge, name: Name, request: StreamsContract[Name]['request'], handlers: StreamHandlers<Name>): OpenStream<Name> {
  let closed = false
  let turn = Promise.resolve()
  const port = bridge.openStream(name, request, {
    message(message, cost) {
      const take = async () => {
        if (closed) return
        await handlers.onMessage(message as StreamsContract[Name]['receive'])
        port.ack(cost)
      }
      const taken = handlers.atOnce ? take() : turn.then(take)
      turn = Promise.all([turn, taken]).then(() => {})
    },
    end(error) {
      void turn.then(() => {
        if (!closed) handlers.onEnd?.(error && reviveError(error))
        closed = true
      })
    },
  })
  return {
    send: (message) => port.send(message),
    close() {
      closed = true
      port.close()
    },
  }
}
