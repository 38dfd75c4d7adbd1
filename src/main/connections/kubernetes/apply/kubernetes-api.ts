import type { Dispatcher } from 'undici'
import { EngineError, isEngineError, messageOf, type ErrorCode } from '#shared/errors.ts'
import { jsonLines } from '../../wire/json-lines.ts'
import { tlsFailure } from '../../wire/tls-error.ts'
import { contextOf, type Kubeconfig } from './kubeconfig.ts'
import { openSignIn, type Credentials } from './sign-in.ts'

interface KubernetesRequest {
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  /** Of the body. */
  type?: string
  signal: AbortSignal
}

/** An API server. Every failure is an EngineError, with the server's own words. */
export interface KubernetesApi extends AsyncDisposable {
  json<Answer>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, request: KubernetesRequest): Promise<Answer>
  /** Of a log. */
  text(path: string, request: KubernetesRequest): Promise<string>
  /** Of a watch, for as long as the server tells. */
  lines<Line>(path: string, request: KubernetesRequest): AsyncGenerator<Line>
}

/** A `Status`, which is what a server answers that does not do what it was asked. */
export interface WireStatus {
  code?: number
  message?: string
  reason?: string
  details?: { kind?: string; name?: string; causes?: { reason?: string; message?: string; field?: string }[] }
}

export async function openKubernetesApi(config: Kubeconfig, context: string): Promise<KubernetesApi> {
  const { cluster, user } = contextOf(config, context)
  const { request: send } = await import('undici')
  const signIn = await openSignIn(cluster, user)
  let dispatcher: Dispatcher | undefined

  async function credentials(): Promise<Credentials> {
    const fresh = await signIn()
    return { headers: fresh.headers, dispatcher: (dispatcher ??= fresh.dispatcher) }
  }

  async function ask(method: string, path: string, { query = {}, body, type, signal }: KubernetesRequest, endless = false) {
    const url = new URL(cluster.server + path)
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value))
    const { headers, dispatcher: way } = await credentials()
    try {
      const response = await send(url, {
        method: method as Dispatcher.HttpMethod, dispatcher: way, signal,
        headers: { Accept: 'application/json', 'User-Agent': 'slipway', ...headers, ...(body !== undefined && { 'Content-Type': type ?? 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(endless && { bodyTimeout: 0 }),
      })
      if (response.statusCode < 300) return response.body
      throw refusal(response.statusCode, await response.body.text())
    } catch (error) {
      throw unreachable(error, cluster.server, signal)
    }
  }

  return {
    json: async (method, path, request) => JSON.parse(await (await ask(method, path, request)).text()) as never,
    text: async (path, request) => (await ask('GET', path, request)).text(),
    async *lines<Line>(path: string, request: KubernetesRequest) {
      try {
        yield* jsonLines<Line>(await ask('GET', path, request, true))
      } catch (error) {
        throw unreachable(error, cluster.server, request.signal)
      }
    },
    [Symbol.asyncDispose]: async () => void (await dispatcher?.destroy().catch(() => undefined)),
  }
}

const codes: Record<number, ErrorCode> = { 400: 'invalid-argument', 401: 'unauthorized', 403: 'forbidden', 404: 'not-found', 405: 'not-implemented', 409: 'conflict', 422: 'invalid-argument', 429: 'unavailable', 500: 'failed-precondition', 503: 'unavailable', 504: 'deadline-exceeded' }
const hints: Record<number, string> = {
  401: 'Sign in again, as you would for kubectl.',
  403: 'Somebody who administers the cluster can allow it, or choose a namespace where it is allowed.',
}

function refusal(status: number, text: string): EngineError {
  const body = parsed(text)
  const message = status === 401 ? `The cluster does not know who this is (${body.message ?? 'Unauthorized'}).` : (body.message ?? (text.trim() || `The cluster answered ${status}.`))
  return new EngineError(codes[status] ?? 'failed-precondition', message, { reason: `kubernetes-${status}`, hint: hints[status], cause: body })
}
/** What a server that is none, such as a proxy before it, answers is no Status. */
function parsed(text: string): WireStatus {
  try {
    const body = JSON.parse(text) as WireStatus | null
    return body !== null && typeof body === 'object' ? body : {}
  } catch {
    return {}
  }
}

function unreachable(error: unknown, server: string, signal: AbortSignal): unknown {
  if (signal.aborted) return new EngineError('cancelled', 'Cancelled.')
  // What reads lines has words for engines of Docker.
  if (isEngineError(error) && error.reason !== 'engine-unreachable' && error.code !== 'internal') return error
  const cause = isEngineError(error) ? (error.cause ?? error) : error
  const tls = tlsFailure(cause)
  if (tls) return new EngineError(tls.code, tls.message.replace(/[Tt]he engine/, (found) => (found.startsWith('T') ? 'The cluster' : 'the cluster')), { reason: tls.reason, hint: 'The kubeconfig says whom to trust and who one is: fetch it anew.', field: 'context', cause })
  return new EngineError('unavailable', `The cluster at ${server} cannot be reached (${messageOf(cause) || (cause as { code?: string }).code}).`, { reason: 'cluster-unreachable', hint: 'Check that it runs, and that this machine reaches it.', field: 'context', cause })
}
