/**
 * Logs as the shim writes them (native/shim/README.md): binary records in `current`, rotated to `1`, `2`, …; each record is one line, or a
 * part of one longer than 16 KiB, with stream and time, readable forwards and backwards.
 */
export interface LogRecord {
  stream: 'stdout' | 'stderr'
  timeNano: bigint
  /** Includes its newline unless the line goes on in the next record or the output ended without one. */
  line: Uint8Array
  partial: boolean
}

export interface LogQuery {
  stdout: boolean
  stderr: boolean
  /** Only the last n lines; undefined means all. */
  tail?: number
  since?: bigint
  until?: bigint
  follow: boolean
  timestamps: boolean
  /** Said before each line, behind its time. */
  prefix?: string
}
