import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { EngineError, messageOf } from '#shared/errors.ts'
import { createBackoff } from '#base/backoff.ts'
import { tlsIdentity } from './certificates.ts'
import { hostOf, isListed, isLoopback } from './endpoints.ts'
import type { RegistryOptions } from './registry.ts'

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array | Readable
  signal?: AbortSignal
  /** The certificate is not checked. */
  insecure?: boolean
  /** Attempts beyond the first for what can safely be repeated. Default 3; 0 for a body that is a stream. */
  retries?: number
}

export interface HttpResponse {
  status: number
  headers: Record<string, string>
  body: Readable
  /** Where it came from after redirects. */
  url: string
}

export interface Http extends AsyncDisposable {
  send(request: HttpRequest): Promise<HttpResponse>
}

const REDIRECT_LIMIT = 5
const CONNECT_TIMEOUT = 10_000
const HEADERS_TIMEOUT = 60_000
/** A server that sends nothing for so long has been lost. */
const STALL_TIMEOUT = 60_000

/** HTTP as registries need it: own certificates, redirects without credentials, repetition with pauses. undici is loaded at the first request. */
export function createHttp(options: RegistryOptions): Http {
  const agents = agentPool(options)

  async function once(request: HttpRequest, url: URL): Promise<HttpResponse> {
    const agent = await agents.get(url, request.insecure ?? false)
    const { request: send } = await import('undici')
    const answer = await send(url, {
      dispatcher: agent,
      method: request.method,
      headers: { 'user-agent': options.userAgent ?? 'slipway', ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
      ...(request.signal && { signal: request.signal }),
    })
    // Whoever reads the body hears of its failure; a body nobody reads any more must not bring the engine down.
    answer.body.on('error', () => {})
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]))
    return { status: answer.statusCode, headers, body: answer.body, url: url.href }
  }

  async function followed(request: HttpRequest): Promise<HttpResponse> {
    let url = new URL(request.url)
    let current = request
    for (let redirects = 0; ; redirects++) {
      const response = await once(current, url)
      const location = response.headers['location']
      const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && (request.method === 'GET' || request.method === 'HEAD') && location !== undefined
      if (!isRedirect) return response
      response.body.resume()
      if (redirects === REDIRECT_LIMIT) throw new EngineError('unavailable', `${request.url}: stopped after ${REDIRECT_LIMIT} redirects`, { reason: 'redirects' })
      const next = new URL(location, url)
      assertAllowed(url, next, options)
      current = withoutCredentials(current, url, next)
      url = next
    }
  }

  return {
    async send(request) {
      const isStream = request.body !== undefined && typeof request.body !== 'string' && !(request.body instanceof Uint8Array)
      const retries = request.retries ?? (isStream ? 0 : 3)
      const pause = createBackoff(options.retryDelay ?? 250, 5_000)
      for (let attempt = 0; ; attempt++) {
        try {
          const response = await followed(request)
          if (response.status < 500 || response.status === 501 || attempt >= retries) return response
          response.body.resume()
        } catch (error) {
          if (attempt >= retries || !isPassing(error)) throw translate(error, request)
        }
        await sleep(pause.next(), request.signal)
      }
    },
    [Symbol.asyncDispose]: () => agents.close(),
  }
}

/** Connections by origin, each with the certificates for it. */
function agentPool(options: RegistryOptions) {
  const agents = new Map<string, Dispatcher>()
  return {
    async get(url: URL, insecure: boolean): Promise<Dispatcher> {
      const key = `${url.origin} ${insecure}`
      const known = agents.get(key)
      if (known) return known
      const tls = url.protocol === 'https:' ? (insecure ? { rejectUnauthorized: false } : tlsIdentity(url.host, options.certificateFolders ?? [])) : {}
      const agent = await createAgent(url, tls, options)
      agents.set(key, agent)
      return agent
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      agents.clear()
    },
  }
}

/** Through a proxy where one is named, by the options or by HTTP_PROXY, HTTPS_PROXY and NO_PROXY; never to this machine. */
async function createAgent(url: URL, tls: object, { proxy = {} }: RegistryOptions): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await import('undici')
  const timeouts = { headersTimeout: HEADERS_TIMEOUT, bodyTimeout: STALL_TIMEOUT }
  const connect = { timeout: CONNECT_TIMEOUT, ...tls }
  if (isLoopback(hostOf(url.host))) return new Agent({ connect, ...timeouts })
  return new EnvHttpProxyAgent({ httpProxy: proxy.http, httpsProxy: proxy.https, noProxy: proxy.none, connect, requestTls: connect, ...timeouts })
}

/** From https to http only where http is allowed anyway. */
function assertAllowed(from: URL, to: URL, options: RegistryOptions): void {
  const plainAllowed = from.protocol === 'http:' || isLoopback(hostOf(to.host)) || isListed(to.host, options.insecure ?? [])
  if (to.protocol === 'https:' || (to.protocol === 'http:' && plainAllowed)) return
  throw new EngineError('unavailable', `${from.origin} redirects to ${to.protocol}//${to.host}, which is not secure`, { reason: 'insecure-redirect' })
}

/** Credentials are for the origin they were given for (RFC 9110, 15.4). */
function withoutCredentials(request: HttpRequest, from: URL, to: URL): HttpRequest {
  if (from.origin === to.origin) return request
  const headers = Object.fromEntries(Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization'))
  return { ...request, headers, insecure: (request.insecure ?? false) && from.hostname === to.hostname }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const PASSING = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']
/** Trouble that may be over the next time. */
export const isPassing = (error: unknown): boolean => PASSING.includes(codeOf(error)) || PASSING.includes(codeOf((error as Error | undefined)?.cause))

/** In the form Go's clients have taught everyone: `Get "https://host/v2/": connection refused`. */
export function translate(error: unknown, request: Pick<HttpRequest, 'method' | 'url' | 'signal'>): EngineError {
  if (error instanceof EngineError) return error
  if (request.signal?.aborted) return new EngineError('cancelled', 'the operation was cancelled', { reason: 'cancelled', cause: error })
  const verb = request.method.charAt(0) + request.method.slice(1).toLowerCase()
  const code = codeOf(error) || codeOf((error as Error | undefined)?.cause)
  const { hostname } = new URL(request.url)
  const known: Record<string, string> = {
    ECONNREFUSED: 'connect: connection refused',
    ENOTFOUND: `lookup ${hostname}: no such host`,
    EAI_AGAIN: `lookup ${hostname}: temporary failure in name resolution`,
    UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
    UND_ERR_HEADERS_TIMEOUT: 'the server did not answer in time',
    UND_ERR_BODY_TIMEOUT: 'the server stopped sending',
  }
  const certificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/.test(code)
  return new EngineError('unavailable', `${verb} "${request.url.replace(/\?.*/s, '')}": ${certificate ? `tls: failed to verify certificate: ${messageOf(error)}` : (known[code] ?? messageOf(error))}`, {
    reason: certificate ? 'certificate' : 'unreachable',
    hint: certificate ? 'Add the authority of the registry to the system certificates, or list the registry as insecure.' : 'Check the name of the registry and the network connection.',
    cause: error,
  })
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = () => {
    clearTimeout(timer)
    reject(new EngineError('cancelled', 'the operation was cancelled', { reason: 'cancelled' }))
  }
  const timer = setTimeout(() => {
    signal?.removeEventListener('abort', stop)
    resolve()
  }, milliseconds)
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  return promise
}

/** The body as text, at most `limit` bytes of it. @throws resource-exhausted */
export async function bodyOf(response: HttpResponse, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) {
      response.body.destroy()
      throw new EngineError('resource-exhausted', `${response.url}: the answer is larger than ${limit} bytes`, { reason: 'answer-too-large' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
