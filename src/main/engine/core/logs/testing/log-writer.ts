import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** Writes records as the shim does. */
export function appendRecord(directory: string, file: string, record: { stream?: 1 | 2; time?: bigint; line: string; partial?: boolean }): void {
  mkdirSync(directory, { recursive: true })
  appendFileSync(join(directory, file), encodeRecord(record))
}

export function encodeRecord({ stream = 1, time = 1_700_000_000_000_000_001n, line, partial = false }: { stream?: 1 | 2; time?: bigint; line: string; partial?: boolean }): Buffer {
  const payload = Buffer.from(line)
  const bytes = Buffer.alloc(20 + payload.length)
  bytes.writeUInt32LE(payload.length, 0)
  bytes[4] = stream
  bytes[5] = partial ? 1 : 0
  bytes.writeBigUInt64LE(time, 8)
  payload.copy(bytes, 16)
  bytes.writeUInt32LE(payload.length, 16 + payload.length)
  return bytes
}
