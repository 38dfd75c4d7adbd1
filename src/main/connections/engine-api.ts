import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { agentOver } from './transport/agent.ts'
import type { Transport } from './transport/transport.ts'
import { fromWire, refusalOf } from './wire/error.ts'

export interface ApiRequest {
  /** A list is sent as several of the same name. */
  query?: Record<string, string | number | boolean | readonly string[] | undefined>
  body?: object
  /** Sent as it comes, in place of a body; its failure is the request's. */
  source?: Readable | Buffer
  headers?: Record<string, string>
  /** The registry that the engine will speak to for it: the request carries the user's account there, or with `every` all of them (registries/). */
  registry?: string
  signal?: AbortSignal
}
export type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD' | 'PUT'

/** Docker's HTTP API of one engine, wherever it is. Every failure is an EngineError; `unavailable` when the engine cannot be reached. */
export interface EngineApi {
  json<Answer>(method: Method, path: string, request?: ApiRequest): Promise<Answer>
  /** The body as it comes, with the response's headers. */
  stream(method: Method, path: string, request?: ApiRequest): Promise<IncomingMessage>
  /** Leaves HTTP after the answer: both directions are the process's own. */
  hijack(path: string, request?: ApiRequest): Promise<Duplex>
}

const accepted = Object.fromEntries([101, 200, 201, 202, 203, 204].map((status) => [status, true as const]))
/** What a stream's refusal says is read here. */
const everything = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [index + 100, true as const]))

/**
 * Speaks HTTP through docker-modem, which dockerode uses, on the streams of a transport. It is loaded at the first request: it
 * takes 40 ms, in which a window could be shown.
 */
export function createEngineApi(way: Transport): EngineApi {
  let modem: Promise<Modem> | undefined

  async function dial<Result>(method: Method, path: string, request: ApiRequest, kind: object): Promise<Result> {
    if (request.signal?.aborted) throw cancelled()
    modem ??= loadModem(way)
    const transport = await modem
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const query = textual(request.query)
    const options = {
      // The transport appends a query only to a path that ends in a question mark, and takes the body for one unless they are told apart.
      path: Object.keys(query).length > 0 ? `${path}?` : path,
      options: { _query: query, _body: request.body ?? {} },
      allowEmpty: request.body !== undefined,
      method,
      statusCodes: accepted,
      abortSignal: request.signal,
      ...(request.source && { file: request.source }),
      ...(request.headers && { headers: request.headers }),
      // It sends a body only with POST, but whatever it takes for a file with any method.
      ...(method === 'PUT' && request.body && { file: Buffer.from(JSON.stringify(request.body)), headers: { ...request.headers, 'Content-Type': 'application/json' } }),
      ...kind,
    }
    // A request that has no connection yet hears nothing of the signal.
    const leave = () => reject(cancelled())
    request.signal?.addEventListener('abort', leave)
    transport.dial(options, (error, result) => (error ? reject(request.signal?.aborted ? cancelled() : fromWire(error)) : resolve(result as Result)))
    return promise.finally(() => request.signal?.removeEventListener('abort', leave))
  }

  return {
    json: (method, path, request = {}) => dial(method, path, request, {}),
    async stream(method, path, request = {}) {
      const answer = endedBy(request.signal, await dial<IncomingMessage>(method, path, request, { isStream: true, statusCodes: everything }))
      if (answer.statusCode !== undefined && !(answer.statusCode in accepted)) throw await refusalOf(answer.statusCode, answer).catch(fromWire)
      return answer
    },
    // The transport holds the head of a request back until there is a body.
    hijack: async (path, { body = {}, ...request } = {}) => endedBy(request.signal, await dial<Duplex>('POST', path, { ...request, body }, { isStream: true, hijack: true, openStdin: true })),
  }
}

/** A stream that is left ends with `cancelled`, not with the broken connection that leaving makes. */
function endedBy<Stream extends Readable | Duplex>(signal: AbortSignal | undefined, stream: Stream): Stream {
  const leave = () => stream.destroy(cancelled())
  signal?.addEventListener('abort', leave)
  stream.once('close', () => signal?.removeEventListener('abort', leave))
  // Whoever reads it hears of its end; nobody may be reading any more.
  stream.on('error', () => {})
  return stream
}

const cancelled = () => new EngineError('cancelled', 'Cancelled.')

interface Modem {
  dial(options: object, callback: (error: unknown, result: unknown) => void): void
}

/** Every place an environment variable such as DOCKER_HOST could speak up is filled in: the transport alone decides. */
async function loadModem(way: Transport): Promise<Modem> {
  const { default: DockerModem } = await import('docker-modem')
  const options = way.socketPath === undefined ? { host: bracketed(way.host), port: 80, pathPrefix: '/', agent: agentOver(way) } : { socketPath: way.socketPath, host: undefined }
  return new DockerModem({ ...options, protocol: 'http' }) as unknown as Modem
}

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)

const textual = (query: ApiRequest['query'] = {}): Record<string, string | readonly string[]> =>
  Object.fromEntries(Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, typeof value === 'object' ? value : String(value)]])))
