import { STATUS_CODES } from 'node:http'
import { EngineError, type ErrorCode } from '#shared/errors.ts'
import { familiarName, familiarRepository, type Reference } from '#shared/oci/reference.ts'
import { bodyOf, type HttpResponse } from './http.ts'

/** Errors of registries, told as Docker tells them: `manifest unknown: manifest unknown`. */

const LOGIN = "repository does not exist or may require 'docker login'"

interface Reported {
  /** `MANIFEST_UNKNOWN`; empty when the server said nothing we understand. */
  code: string
  text: string
}

/** What the body says (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes). */
function reported(status: number, body: unknown): Reported {
  const { errors, details } = (typeof body === 'object' && body !== null ? body : {}) as { errors?: unknown; details?: unknown }
  const first = Array.isArray(errors) ? (errors[0] as { code?: unknown; message?: unknown } | undefined) : undefined
  if (typeof first?.code === 'string') return { code: first.code, text: `${first.code.toLowerCase().replaceAll('_', ' ')}: ${clean(first.message) || 'unknown error'}` }
  if (typeof details === 'string' && status === 401) return { code: '', text: `unauthorized: ${clean(details)}` }
  return { code: '', text: status === 401 ? 'unauthorized: authentication required' : status === 403 ? 'denied: requested access to the resource is denied' : status === 429 ? 'toomanyrequests: too many requests' : `received unexpected HTTP status: ${status}` }
}

// eslint-disable-next-line no-control-regex
const clean = (text: unknown): string => (typeof text === 'string' ? text.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 500) : '')

const codeOf = (status: number, code: string): ErrorCode => {
  if (code === 'TOOMANYREQUESTS' || status === 429) return 'resource-exhausted'
  if (status === 401) return 'unauthorized'
  if (status === 403 || code === 'DENIED') return 'forbidden'
  if (status === 404) return 'not-found'
  return status >= 500 ? 'unavailable' : 'failed-precondition'
}

/** An error with no reference to blame. */
export function registryError(status: number, body: unknown, what: string): EngineError {
  const { code, text } = reported(status, body)
  return new EngineError(codeOf(status, code), `${what}: ${text}`, { reason: code.toLowerCase() || `http-${status}` })
}

/** A registry that wants other credentials than these. */
export const loginError = (status: number, url: string): EngineError =>
  new EngineError(codeOf(status, ''), `login attempt to ${url} failed with status: ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd(), { reason: `http-${status}` })

/** The error of a failed request about a reference. Reads the body. */
export async function failure(response: HttpResponse, reference: Reference, doing: 'pull' | 'push'): Promise<EngineError> {
  const body = await bodyOf(response, 256 * 1024).then(parse, () => undefined)
  const { code, text } = reported(response.status, body)
  const reason = code.toLowerCase() || `http-${response.status}`
  if (doing === 'push') return new EngineError(codeOf(response.status, code), text, { reason })
  if (code === 'MANIFEST_UNKNOWN' || (response.status === 404 && code === '')) return new EngineError('not-found', `manifest for ${familiarName(reference)} not found: ${code ? text : 'manifest unknown: manifest unknown'}`, { reason: 'manifest-unknown', hint: 'Check the tag.' })
  if (['DENIED', 'NAME_UNKNOWN', 'UNAUTHORIZED'].includes(code) || response.status === 401 || response.status === 403)
    return new EngineError('not-found', `pull access denied for ${familiarRepository(reference)}, ${LOGIN}: ${text}`, { reason: 'access-denied', hint: 'Check the name, and log in to the registry if the repository is private.' })
  if (codeOf(response.status, code) === 'resource-exhausted') return new EngineError('resource-exhausted', text, { reason: 'rate-limited', hint: 'The registry limits how much may be pulled; wait, or log in.' })
  return new EngineError(codeOf(response.status, code), text, { reason })
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
