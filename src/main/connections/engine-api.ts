import type { Readable, Duplex } from 'node:stream'
import type { ConnectionTarget } from '#shared/contract/connections.ts'
import { EngineError } from '#shared/errors.ts'
import { fromWire } from './wire/error.ts'

export interface ApiRequest {
  query?: Record<string, string | number | boolean | undefined>
  body?: object
  headers?: Record<string, string>
  signal?: AbortSignal
}
export type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD' | 'PUT'

/** Docker's HTTP API of one engine, wherever it is. Every failure is an EngineError; `unavailable` when the engine cannot be reached. */
export interface EngineApi {
  json<Answer>(method: Method, path: string, request?: ApiRequest): Promise<Answer>
  /** The body as it comes, with the response's headers. */
  stream(method: Method, path: string, request?: ApiRequest): Promise<Readable & { headers?: Record<string, string | string[] | undefined> }>
  /** Leaves HTTP after the answer: both directions are the process's own. */
  hijack(path: string, request?: ApiRequest): Promise<Duplex>
}

const accepted = Object.fromEntries([101, 200, 201, 202, 203, 204].map((status) => [status, true as const]))

/**
 * Speaks through docker-modem, the transport of dockerode (unix socket, TLS, SSH). It is loaded at the first request: it
 * takes 40 ms, in which a window could be shown.
 */
export function createEngineApi(target: ConnectionTarget): EngineApi {
  let modem: Promise<Modem> | undefined

  async function dial<Result>(method: Method, path: string, request: ApiRequest, kind: object): Promise<Result> {
    if (request.signal?.aborted) throw cancelled()
    modem ??= loadModem(target)
    const transport = await modem
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const options = {
      path: withQuery(path, request.query),
      method,
      statusCodes: accepted,
      abortSignal: request.signal,
      ...(request.body && { options: { _body: request.body }, allowEmpty: true }),
      ...(request.headers && { headers: request.headers }),
      ...kind,
    }
    transport.dial(options, (error, result) => (error ? reject(request.signal?.aborted ? cancelled() : fromWire(error)) : resolve(result as Result)))
    return promise
  }

  return {
    json: (method, path, request = {}) => dial(method, path, request, {}),
    stream: (method, path, request = {}) => dial(method, path, request, { isStream: true }),
    hijack: (path, request = {}) => dial('POST', path, request, { isStream: true, hijack: true, openStdin: true }),
  }
}

const cancelled = () => new EngineError('cancelled', 'Cancelled.')

interface Modem {
  dial(options: object, callback: (error: unknown, result: unknown) => void): void
}

/** Every place an environment variable such as DOCKER_HOST could speak up is filled in: the target alone decides. */
async function loadModem(target: ConnectionTarget): Promise<Modem> {
  const { default: DockerModem } = await import('docker-modem')
  if (target.kind === 'embedded' || target.kind === 'socket') return new DockerModem({ socketPath: target.socketPath, host: undefined, protocol: 'http' }) as unknown as Modem
  throw new EngineError('not-implemented', `Engines reached by ${target.kind} cannot be connected yet.`)
}

function withQuery(path: string, query: ApiRequest['query'] = {}): string {
  const parameters = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value))
  return parameters.size > 0 ? `${path}?${parameters}` : path
}
