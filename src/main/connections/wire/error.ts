import { EngineError, isEngineError, messageOf, type ErrorCode } from '#shared/errors.ts'
import { tlsFailure } from './tls-error.ts'

const codes: Record<number, ErrorCode> = {
  304: 'not-modified',
  400: 'invalid-argument',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  416: 'invalid-argument',
  499: 'cancelled',
  501: 'not-implemented',
  503: 'unavailable',
}
const lostConnection = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ENOTSOCK', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_SOCKET'])

/** What the transport threw, once, as an EngineError. Slipway's own engine sends code, reason, hint and field beside Docker's message. */
export function fromWire(thrown: unknown): EngineError {
  if (isEngineError(thrown)) return thrown
  const error = thrown as Error & { statusCode?: number; code?: string; json?: unknown; name: string }
  if (error.statusCode !== undefined) return fromAnswer(error.statusCode, error)
  if (error.name === 'AbortError' || error.code === 'ABORT_ERR') return new EngineError('cancelled', 'Cancelled.')
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new EngineError('forbidden', `This user may not use the engine's socket (${messageOf(error)}).`, { reason: 'socket-forbidden', hint: 'Add the user to the group that owns the socket, or use the embedded engine.' })
  if (lostConnection.has(error.code ?? '') || /aborted|socket hang up|premature close/i.test(messageOf(thrown)))
    return new EngineError('unavailable', 'The engine cannot be reached.', { reason: 'engine-unreachable', cause: thrown })
  return tlsFailure(thrown) ?? new EngineError('internal', messageOf(thrown), { cause: thrown })
}

/** An answer that was to be a stream and is a refusal: docker-modem would keep only the message of what it says. */
export async function refusalOf(status: number, body: AsyncIterable<Uint8Array>): Promise<EngineError> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return fromAnswer(status, Object.assign(new Error(text.trim()), { json: parsed(text) }))
}
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fromAnswer(status: number, error: Error & { json?: unknown }): EngineError {
  const body = detailsOf(error)
  const code = (body.code as ErrorCode | undefined) ?? codes[status] ?? 'internal'
  const message = body.message ?? error.message
  if (/port is already allocated|address already in use/i.test(message)) return new EngineError('conflict', message, { reason: 'port-allocated', hint: body.hint ?? 'Choose another host port, or stop what uses this one.', field: body.field })
  return new EngineError(code === 'internal' ? 'failed-precondition' : code, message, { reason: body.reason ?? `http-${status}`, hint: body.hint, field: body.field, cause: error })
}

interface Details {
  message?: string
  code?: string
  reason?: string
  hint?: string
  field?: string
}

/** docker-modem gives the parsed body, or for streams only its text inside the message. */
function detailsOf(error: Error & { json?: unknown }): Details {
  if (typeof error.json === 'object' && error.json !== null && !Buffer.isBuffer(error.json)) return error.json as Details
  return { message: error.message.replace(/^\(HTTP code \d+\) .*? - /s, '').trim() }
}
