import { EngineError, messageOf, type ErrorCode } from '#shared/errors.ts'

/** https://grpc.io/docs/guides/status-codes/ */
const GRPC_CODES: Record<ErrorCode, number> = {
  cancelled: 1,
  'invalid-argument': 3,
  'deadline-exceeded': 4,
  'not-found': 5,
  'already-exists': 6,
  forbidden: 7,
  'resource-exhausted': 8,
  'failed-precondition': 9,
  conflict: 10,
  'not-modified': 9,
  'not-implemented': 12,
  internal: 13,
  unavailable: 14,
  'data-loss': 15,
  unauthorized: 16,
}

/** Clients show the name of every other code before the message. */
export const UNKNOWN_CODE = 2

const CODE_OF = new Map<number, ErrorCode>(Object.entries(GRPC_CODES).map(([code, number]) => [number, code as ErrorCode]).reverse() as [number, ErrorCode][])

export const codeOf = (error: unknown): number => GRPC_CODES[error instanceof EngineError ? error.code : 'internal']

/** `%` and what is not printable ASCII is percent-encoded. */
export const encodeMessage = (error: unknown): string => [...Buffer.from(messageOf(error))].map((byte) => (byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)).join('')

/** What the other side says went wrong; undefined for success. */
export function errorFrom(headers: Record<string, unknown>): EngineError | undefined {
  const status = Number(headers['grpc-status'] ?? 2)
  if (status === 0) return undefined
  return new EngineError(CODE_OF.get(status) ?? 'unavailable', decodeMessage(String(headers['grpc-message'] ?? `the client answered ${status}`)), { reason: 'client-refused' })
}

function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
