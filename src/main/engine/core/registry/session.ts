import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Reference } from '#shared/oci/reference.ts'
import { authorize } from './authorization.ts'
import { parseChallenge } from './challenge.ts'
import type { Endpoint } from './endpoints.ts'
import type { Http, HttpRequest, HttpResponse } from './http.ts'
import type { Credentials, RegistryOptions } from './registry.ts'

/** A request to a path below /v2/ or, as registries answer with Location, to a whole URL. */
export interface SessionRequest extends Omit<HttpRequest, 'url' | 'insecure'> {
  path: string
  scopes: readonly string[]
}

/**
 * One endpoint with the authorization it wants. The first answer of 401 is followed by asking for a token and one repetition; a second
 * 401 is the answer. Credentials are only ever sent to the endpoint's own origin.
 */
export class Session {
  readonly endpoint: Endpoint
  readonly #http: Http
  readonly #options: RegistryOptions
  readonly #credentials: Credentials
  /** Authorization by scope. */
  readonly #granted = new Map<string, Promise<string | undefined>>()

  constructor(endpoint: Endpoint, http: Http, options: RegistryOptions, credentials: Credentials) {
    this.endpoint = endpoint
    this.#http = http
    this.#options = options
    // The account is the registry's; what stands in front of it for others has none.
    this.#credentials = endpoint.mirror ? {} : credentials
  }

  async send(request: SessionRequest): Promise<HttpResponse> {
    const url = request.path.startsWith('/') ? new URL(this.endpoint.origin + this.endpoint.prefix + request.path) : new URL(request.path)
    const isOwn = url.origin === this.endpoint.origin
    const key = request.scopes.join(' ')
    const known = isOwn ? await this.#granted.get(key) : undefined
    const first = await this.#send(request, url, known)
    if (first.status !== 401 || !isOwn) return first
    const challenge = parseChallenge(first.headers['www-authenticate'])
    const isRepeatable = request.body === undefined || typeof request.body === 'string' || request.body instanceof Uint8Array
    if (!challenge || !isRepeatable) return first
    const granted = authorize({ http: this.#http, endpoint: this.endpoint, options: this.#options, credentials: this.#credentials, challenge, scopes: request.scopes, ...(request.signal && { signal: request.signal }) }).then(({ header }) => header)
    this.#granted.set(key, granted)
    granted.catch(() => this.#granted.delete(key))
    const header = await granted
    if (header === undefined || header === known) return first
    first.body.resume()
    return this.#send(request, url, header)
  }

  #send({ path: _, scopes: __, ...request }: SessionRequest, url: URL, authorization: string | undefined): Promise<HttpResponse> {
    const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) }
    return this.#http.send({ ...request, url: url.href, headers, insecure: this.endpoint.insecure && url.hostname === new URL(this.endpoint.origin).hostname })
  }
}

/** What a token is asked for: `repository:library/busybox:pull`. */
export const repositoryScope = (reference: Reference, actions: string): string => `repository:${reference.repository}:${actions}`

/**
 * Tries the endpoints in turn until one speaks the protocol. A mirror may fail in any way; of a registry only what says that it does not
 * speak like this leads on to the next way of speaking.
 * @throws what says most: an answer of the registry before a failure to reach it, the first before the second
 */
export async function firstAnswering<Result>(sessions: readonly Session[], attempt: (session: Session) => Promise<Result>): Promise<Result> {
  const failures: unknown[] = []
  for (const session of sessions) {
    try {
      return await attempt(session)
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error
      if (!session.endpoint.mirror) failures.push(error)
      if (!session.endpoint.mirror && !isEngineError(error, 'unavailable')) break
      if (session === sessions.at(-1)) failures.push(error)
    }
  }
  throw failures.find((error) => !isEngineError(error, 'unavailable')) ?? failures[0] ?? new EngineError('internal', 'a registry without endpoints')
}

/** Where a list goes on, whole, as registries say it in a Link. */
export function nextPage(response: HttpResponse): string | undefined {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers['link'] ?? '')?.[1]
  return next === undefined ? undefined : new URL(next, response.url).href
}
