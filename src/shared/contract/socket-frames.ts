import type { ClientFrame, ServerFrame } from './bridge.ts'

/** Both ends have them; this folder knows neither Node nor a page. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }

/**
 * Frames on a WebSocket. Most are JSON text. One whose message carries `bytes` is binary: four bytes with the length of the JSON
 * (big endian), the JSON without them, and the bytes as they are. In Electron nothing of this is needed: structured clone carries bytes.
 */
export function encodeFrame(frame: ClientFrame | ServerFrame): string | Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(frame)
  if (!bytes) return JSON.stringify(frame)
  const { message, ...rest } = frame as { message: object }
  const head = new TextEncoder().encode(JSON.stringify({ ...rest, message: { ...message, bytes: undefined } }))
  const whole = new Uint8Array(4 + head.length + bytes.length)
  new DataView(whole.buffer).setUint32(0, head.length)
  whole.set(head, 4)
  whole.set(bytes, 4 + head.length)
  return whole
}

/** Undefined for what is no frame at all; what it carries is still unchecked. */
export function decodeFrame(data: string | Uint8Array): unknown {
  try {
    if (typeof data === 'string') return JSON.parse(data)
    const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0)
    const frame = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length))) as { message: object }
    return { ...frame, message: { ...frame.message, bytes: data.subarray(4 + length) } }
  } catch {
    return undefined
  }
}

function bytesOf(frame: object): Uint8Array | undefined {
  const message = 'message' in frame ? frame.message : undefined
  if (typeof message !== 'object' || message === null || !('bytes' in message)) return undefined
  return message.bytes instanceof Uint8Array ? message.bytes : undefined
}
