import { Buffer } from 'node:buffer'

/**
 * The frames spoken on a shim's socket, as values. native/shim/README.md says what each means and when it comes;
 * the numbers here are native/shim/src/frames.h's.
 *
 * A frame is an 8-byte header and a payload: u8 type, u8 stream, u16 zero, u32le payload length (at most 64 KiB).
 */
export type ShimRequest =
  | { type: 'start' }
  | { type: 'subscribe' }
  | { type: 'attach'; stdin: boolean; stdout: boolean; stderr: boolean }
  | { type: 'stdin'; bytes: Uint8Array }
  | { type: 'stdin-close' }
  | { type: 'resize'; rows: number; columns: number }
  | { type: 'signal'; signal: number }

export type ShimEvent =
  | { type: 'attached' }
  | { type: 'started'; pid: number }
  /** `status`: the runtime's exit status; `text`: its stderr. */
  | { type: 'start-failed'; status: number; text: string }
  | { type: 'output'; stream: 'stdout' | 'stderr'; bytes: Uint8Array }
  /** `code`: 128 + signal when killed by one. `at`: Unix nanoseconds. */
  | { type: 'exit'; code: number; signal: number; at: bigint; oomKilled: boolean }
  | { type: 'error'; text: string }

const HEADER_SIZE = 8
const MAX_PAYLOAD = 64 * 1024

const REQUEST_TYPE = { start: 1, subscribe: 2, attach: 3, stdin: 4, 'stdin-close': 5, resize: 6, signal: 7 } as const satisfies Record<ShimRequest['type'], number>
const EVENT_TYPE = { started: 64, 'start-failed': 65, output: 66, exit: 67, error: 68, attached: 69 } as const satisfies Record<ShimEvent['type'], number>

/** More stdin than fits into one frame becomes several. */
export function encodeFrame(request: ShimRequest): Buffer {
  const type = REQUEST_TYPE[request.type]
  switch (request.type) {
    case 'attach':
      return frame(type, Buffer.of((request.stdin ? 1 : 0) | (request.stdout ? 2 : 0) | (request.stderr ? 4 : 0)))
    case 'stdin':
      return Buffer.concat(pieces(request.bytes).map((piece) => frame(type, piece)))
    case 'resize': {
      const payload = Buffer.alloc(4)
      payload.writeUInt16LE(request.rows, 0)
      payload.writeUInt16LE(request.columns, 2)
      return frame(type, payload)
    }
    case 'signal': {
      const payload = Buffer.alloc(4)
      payload.writeUInt32LE(request.signal)
      return frame(type, payload)
    }
    default:
      return frame(type, new Uint8Array())
  }
}

/** Takes a connection's chunks, however they are cut, and gives whole events. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0)

  /** The bytes of an output event may be a view of `chunk`. @throws RangeError on what no shim sends. */
  push(chunk: Uint8Array): ShimEvent[] {
    const bytes = this.#rest.length === 0 ? view(chunk) : Buffer.concat([this.#rest, chunk])
    const events: ShimEvent[] = []
    let at = 0
    while (bytes.length - at >= HEADER_SIZE) {
      const length = bytes.readUInt32LE(at + 4)
      if (length > MAX_PAYLOAD) throw new RangeError(`shim frame of ${length} bytes`)
      const end = at + HEADER_SIZE + length
      if (end > bytes.length) break
      events.push(decodeEvent(bytes.readUInt8(at), bytes.readUInt8(at + 1), bytes.subarray(at + HEADER_SIZE, end)))
      at = end
    }
    this.#rest = Buffer.from(bytes.subarray(at))
    return events
  }
}

function decodeEvent(type: number, stream: number, payload: Buffer): ShimEvent {
  switch (type) {
    case EVENT_TYPE.attached:
      return { type: 'attached' }
    case EVENT_TYPE.started:
      return { type: 'started', pid: payload.readUInt32LE() }
    case EVENT_TYPE['start-failed']:
      return { type: 'start-failed', status: payload.readUInt32LE(), text: payload.toString('utf8', 4) }
    case EVENT_TYPE.output:
      if (stream !== 1 && stream !== 2) throw new RangeError(`shim output on stream ${stream}`)
      return { type: 'output', stream: stream === 1 ? 'stdout' : 'stderr', bytes: payload }
    case EVENT_TYPE.exit:
      return {
        type: 'exit',
        code: payload.readInt32LE(0),
        signal: payload.readUInt32LE(4),
        at: payload.readBigUInt64LE(8),
        oomKilled: payload.readUInt8(16) !== 0,
      }
    case EVENT_TYPE.error:
      return { type: 'error', text: payload.toString('utf8') }
    default:
      throw new RangeError(`shim frame of type ${type}`)
  }
}

function frame(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_SIZE + payload.length)
  bytes.writeUInt8(type, 0)
  bytes.writeUInt32LE(payload.length, 4)
  bytes.set(payload, HEADER_SIZE)
  return bytes
}

function pieces(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / MAX_PAYLOAD)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * MAX_PAYLOAD, (i + 1) * MAX_PAYLOAD))
}

function view(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
