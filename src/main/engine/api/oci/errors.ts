import { toEngineError } from '../errors.ts'
import type { ErrorCode } from '#shared/errors.ts'

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes */
type OciCode = 'BLOB_UNKNOWN' | 'BLOB_UPLOAD_INVALID' | 'BLOB_UPLOAD_UNKNOWN' | 'DIGEST_INVALID' | 'MANIFEST_BLOB_UNKNOWN' | 'MANIFEST_INVALID' | 'MANIFEST_UNKNOWN' | 'NAME_INVALID' | 'NAME_UNKNOWN' | 'SIZE_INVALID' | 'UNAUTHORIZED' | 'DENIED' | 'UNSUPPORTED' | 'TOOMANYREQUESTS' | 'UNKNOWN'

export interface OciError {
  status: number
  body: { errors: { code: OciCode; message: string; detail?: unknown }[] }
}

const BY_REASON: Readonly<Record<string, [number, OciCode]>> = {
  'blob-in-use': [405, 'UNSUPPORTED'],
  'digest-mismatch': [400, 'DIGEST_INVALID'],
  'invalid-digest': [400, 'DIGEST_INVALID'],
  'invalid-repository': [400, 'NAME_INVALID'],
  'manifest-too-large': [413, 'SIZE_INVALID'],
  'no-such-blob': [404, 'BLOB_UNKNOWN'],
  'no-such-manifest': [404, 'MANIFEST_UNKNOWN'],
  'no-such-repository': [404, 'NAME_UNKNOWN'],
  'no-such-upload': [404, 'BLOB_UPLOAD_UNKNOWN'],
  'out-of-order': [416, 'BLOB_UPLOAD_INVALID'],
  'part-unknown': [400, 'MANIFEST_BLOB_UNKNOWN'],
  'too-many-tries': [429, 'TOOMANYREQUESTS'],
  'too-many-uploads': [429, 'TOOMANYREQUESTS'],
  'wrong-length': [400, 'SIZE_INVALID'],
  'wrong-method': [405, 'UNSUPPORTED'],
}

const BY_CODE: Partial<Record<ErrorCode, [number, OciCode]>> = {
  'invalid-argument': [400, 'MANIFEST_INVALID'],
  'data-loss': [400, 'MANIFEST_INVALID'],
  'not-found': [404, 'NAME_UNKNOWN'],
  conflict: [409, 'DENIED'],
  unauthorized: [401, 'UNAUTHORIZED'],
  forbidden: [403, 'DENIED'],
  'not-implemented': [400, 'UNSUPPORTED'],
  cancelled: [400, 'BLOB_UPLOAD_INVALID'],
  'resource-exhausted': [507, 'UNKNOWN'],
}

export function ociError(thrown: unknown): OciError {
  const error = toEngineError(thrown)
  const [status, code] = (error.reason === undefined ? undefined : BY_REASON[error.reason]) ?? BY_CODE[error.code] ?? [500, 'UNKNOWN']
  // What went wrong inside is for the engine's log, not for strangers.
  const message = error.code === 'internal' ? 'internal error' : `${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`
  const missing = error.reason === 'part-unknown' && Array.isArray(error.cause) ? (error.cause as string[]) : undefined
  return { status, body: { errors: missing ? missing.map((digest) => ({ code, message: `${digest} is not here`, detail: { digest } })) : [{ code, message }] } }
}
