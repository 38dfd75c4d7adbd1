import { HEADER, PARTIAL, recordLength, TRAILER } from './record-format.ts'
import type { LogQuery } from './log-store.ts'

export interface Encoded {
  /** What a client reads. */
  output: Buffer
  /** Bytes of the input that were whole records. */
  consumed: number
  /** A record after `until` was met: there is nothing more to say. */
  over: boolean
}

const TIMESTAMP_LENGTH = 31

/**
 * Turns a piece of log into what the client reads, without an object per line: frames of Docker's multiplexed stream (an 8-byte header
 * with stream and big-endian length) or bare lines, each with its time and a prefix in front when asked for.
 */
export function createEncoder(query: Pick<LogQuery, 'stdout' | 'stderr' | 'since' | 'until' | 'timestamps' | 'prefix'>, framed: boolean) {
  const stamp = createStamp()
  const prefix = Buffer.from(query.prefix ?? '')
  const before = (query.timestamps ? TIMESTAMP_LENGTH : 0) + prefix.length
  /** Whether the last record of that stream was unfinished: only the beginning of a line gets its time and prefix. */
  const midLine = [false, false, false]
  const bounded = query.since !== undefined || query.until !== undefined
  return function encode(bytes: Buffer, end: number): Encoded {
    const output = Buffer.allocUnsafe(end + Math.ceil(end / (HEADER + TRAILER)) * before)
    let at = 0
    let written = 0
    for (;;) {
      const length = recordLength(bytes, at, end)
      if (length === 0) break
      const stream = bytes[at + 4] === 2 ? 2 : 1
      const record = at
      at += length
      if (stream === 1 ? !query.stdout : !query.stderr) continue
      if (bounded) {
        const time = bytes.readBigUInt64LE(record + 8)
        if (query.until !== undefined && time > query.until) return { output: output.subarray(0, written), consumed: record, over: true }
        if (query.since !== undefined && time < query.since) continue
      }
      const payload = length - HEADER - TRAILER
      const begins = before > 0 && !midLine[stream]
      midLine[stream] = ((bytes[record + 5] ?? 0) & PARTIAL) !== 0
      if (framed) {
        output.writeUInt32LE(stream, written)
        output.writeUInt32BE(payload + (begins ? before : 0), written + 4)
        written += 8
      }
      if (begins) {
        if (query.timestamps) stamp(output, written, bytes.readBigUInt64LE(record + 8))
        prefix.copy(output, written + before - prefix.length)
        written += before
      }
      bytes.copy(output, written, record + HEADER, record + HEADER + payload)
      written += payload
    }
    return { output: output.subarray(0, written), consumed: at, over: false }
  }
}

const NANOS = 1_000_000_000n

/** Writes `2026-01-02T03:04:05.000000006Z `; the part down to the second is kept for the lines of the same second. */
function createStamp() {
  let second = -1n
  let text = ''
  return (output: Buffer, at: number, nano: bigint) => {
    const seconds = nano / NANOS
    if (seconds !== second) {
      second = seconds
      text = new Date(Number(seconds) * 1000).toISOString().slice(0, 20)
    }
    output.write(text, at, 'latin1')
    let rest = Number(nano - seconds * NANOS)
    for (let digit = 28; digit >= 20; digit--) {
      output[at + digit] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    output.write('Z ', at + 29, 'latin1')
  }
}
