import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface LogRecord {
  stream: number
  partial: boolean
  note: boolean
  at: bigint
  text: string
}

/** Reads one log file, checking that it consists of whole records. */
export function readRecords(file: string): LogRecord[] {
  const bytes = readFileSync(file)
  const records: LogRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    const end = at + 16 + length
    if (length === 0 || bytes.readUInt32LE(end) !== length || bytes.readUInt16LE(at + 6) !== 0) throw new Error(`${file}: not a record at ${at}`)
    const flags = bytes.readUInt8(at + 5)
    records.push({
      stream: bytes.readUInt8(at + 4),
      partial: (flags & 1) !== 0,
      note: (flags & 2) !== 0,
      at: bytes.readBigUInt64LE(at + 8),
      text: bytes.toString('utf8', at + 16, end),
    })
    at = end + 4
  }
  return records
}

/** The files of a log, oldest first. */
export function logFiles(directory: string): string[] {
  const numbers = readdirSync(directory).filter((name) => /^\d+$/.test(name)).map(Number)
  return [...numbers.sort((a, b) => b - a).map(String), 'current'].map((name) => join(directory, name))
}

export function readLog(directory: string): LogRecord[] {
  return logFiles(directory).flatMap(readRecords)
}
