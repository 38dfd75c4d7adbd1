import { EngineError, messageOf } from '#shared/errors.ts'
import type { Challenge } from './challenge.ts'
import { hostOf, isListed, isLoopback, type Endpoint } from './endpoints.ts'
import { bodyOf, type Http } from './http.ts'
import { registryError } from './registry-error.ts'
import type { Credentials, RegistryOptions } from './registry.ts'

const ANSWER_LIMIT = 1024 * 1024
const CLIENT = 'slipway'

export interface TokenRequest {
  http: Http
  endpoint: Endpoint
  options: RegistryOptions
  credentials: Credentials
  challenge: Challenge
  /** `repository:name:pull`; those of the challenge come on top. */
  scopes: readonly string[]
  /** Asks for a refresh token, as `docker login` does. */
  offline?: boolean
  signal?: AbortSignal
}

export interface Authorization {
  /** Value of the Authorization header; undefined where there is nothing to send. */
  header: string | undefined
  refreshToken?: string
}

/** Answers a challenge. @throws unauthorized, unavailable */
export async function authorize(request: TokenRequest): Promise<Authorization> {
  const { credentials, challenge } = request
  if (credentials.registryToken !== undefined) return { header: `Bearer ${credentials.registryToken}` }
  if (challenge.scheme === 'basic') return { header: basic(credentials) }
  const realm = trustedRealm(challenge.realm, request)
  const answer = await askForToken(realm, request)
  const body = parse(await bodyOf(answer, ANSWER_LIMIT))
  if (answer.status !== 200) throw registryError(answer.status, body, `token service ${realm.origin}`)
  const { token, access_token: access, refresh_token: refresh } = body as Record<string, unknown>
  const given = token ?? access
  if (typeof given !== 'string' || !/^[\x21-\x7e]+$/.test(given)) throw new EngineError('unauthorized', `token service ${realm.origin} gave no token`, { reason: 'no-token' })
  return { header: `Bearer ${given}`, ...(typeof refresh === 'string' && { refreshToken: refresh }) }
}

const basic = ({ username, password }: Credentials) => (username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`)

/** Credentials go over https, or to a host that may be spoken to in the clear anyway. */
function trustedRealm(text: string, { endpoint, options }: TokenRequest): URL {
  const realm = URL.parse(text)
  const mayBePlain = realm && (isLoopback(hostOf(realm.host)) || isListed(realm.host, options.insecure ?? []) || (endpoint.insecure && realm.host === new URL(endpoint.origin).host))
  if (realm?.protocol === 'https:' || (realm?.protocol === 'http:' && mayBePlain)) return realm
  throw new EngineError('unauthorized', `${endpoint.origin} names the token service ${JSON.stringify(text.slice(0, 200))}, which is not secure; no credentials were sent`, { reason: 'insecure-realm' })
}

function askForToken(realm: URL, { http, endpoint, credentials, challenge, scopes, offline, signal }: TokenRequest) {
  const asked = challenge.scheme === 'bearer' ? challenge : undefined
  const scope = [...new Set([...scopes, ...(asked?.scope?.split(' ') ?? [])])].filter(Boolean)
  const insecure = endpoint.insecure && realm.host === new URL(endpoint.origin).host
  const shared = { insecure, ...(signal && { signal }) }
  if (credentials.identityToken !== undefined) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: credentials.identityToken, client_id: CLIENT, service: asked?.service ?? '', scope: scope.join(' ') })
    return http.send({ ...shared, method: 'POST', url: realm.href, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() })
  }
  const url = new URL(realm)
  if (asked?.service !== undefined) url.searchParams.set('service', asked.service)
  for (const one of scope) url.searchParams.append('scope', one)
  if (offline) url.searchParams.set('offline_token', 'true')
  if (offline) url.searchParams.set('client_id', CLIENT)
  if (credentials.username !== undefined) url.searchParams.set('account', credentials.username)
  const header = basic(credentials)
  return http.send({ ...shared, method: 'GET', url: url.href, ...(header !== undefined && { headers: { authorization: header } }) })
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) ?? {}
  } catch (error) {
    return { details: messageOf(error) }
  }
}
