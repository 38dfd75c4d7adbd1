import { isEngineError, messageOf, EngineError, type ErrorCode } from '#shared/errors.ts'
import type { DiffId } from '#shared/oci/digest.ts'
import type { BytePath } from './byte-path.ts'
import type { DiffSource, ListedEntry, WhiteoutForm } from './layers.ts'

/** What a worker thread can be asked; plain objects, because they cross between threads. */
export type Job =
  | { kind: 'apply'; source: string; directory: string; whiteouts: WhiteoutForm; expected: DiffId | undefined; limit: number }
  /** Without a source: of an archive that comes in pieces. */
  | { kind: 'take'; source?: string; directory: string; whiteouts: WhiteoutForm; limit: number }
  | { kind: 'copy'; listed: readonly ListedEntry[]; directory: string; whiteouts: WhiteoutForm; digests: boolean; below: readonly string[] }
  | { kind: 'unpack'; source?: string; directory: string; refuseWhiteouts: boolean }
  | { kind: 'measure'; source: DiffSource }
  | { kind: 'stream'; source: DiffSource | { tree: string; leaveOut: readonly string[] } | { entriesOf: DiffSource } }
  | { kind: 'compress'; source: DiffSource | { file: string }; target: string; algorithm: 'gzip' | 'none' }
  | { kind: 'changes'; source: DiffSource }
  | { kind: 'digests'; files: readonly BytePath[] }
  | { kind: 'usage'; directory: string }
  | { kind: 'remove'; directory: string }

/** Of what a job reads; undefined is its end. */
export interface Piece {
  piece: Uint8Array<ArrayBuffer> | undefined
}

/** `taken`: of the pieces, one. */
export type Reply = 'taken' | { progress: number } | { chunk: Uint8Array } | { result: unknown } | { error: PlainError }

export interface PlainError {
  code: ErrorCode
  message: string
  reason: string | undefined
  hint: string | undefined
}

export const toPlain = (error: unknown): PlainError =>
  isEngineError(error) ? { code: error.code, message: error.message, reason: error.reason, hint: error.hint } : { code: 'internal', message: messageOf(error), reason: undefined, hint: undefined }

export const fromPlain = ({ code, message, reason, hint }: PlainError): EngineError => new EngineError(code, message, { ...(reason !== undefined && { reason }), ...(hint !== undefined && { hint }) })
