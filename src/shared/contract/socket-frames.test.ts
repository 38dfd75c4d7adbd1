import { expect, test } from 'vitest'
import { decodeFrame, encodeFrame } from './socket-frames.ts'

test('a frame without bytes is JSON text', () => {
  const frame = { kind: 'stream.close', id: 3 } as const
  expect(encodeFrame(frame)).toBe(JSON.stringify(frame))
  expect(decodeFrame(JSON.stringify(frame))).toEqual(frame)
})

test('bytes of a message come back as they were, with what stands beside them', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256)
  const encoded = encodeFrame({ kind: 'stream.message', id: 7, cost: 316, message: { kind: 'bytes', bytes, at: 'é' } })
  expect(encoded).toBeInstanceOf(Uint8Array)
  expect(decodeFrame(encoded)).toEqual({ kind: 'stream.message', id: 7, cost: 316, message: { kind: 'bytes', bytes, at: 'é' } })
  // As it comes out of a socket's buffer: not at its beginning.
  const shifted = new Uint8Array(encoded.length + 5)
  shifted.set(encoded as Uint8Array, 5)
  expect(decodeFrame(shifted.subarray(5))).toMatchObject({ message: { bytes } })
})

test('what is no frame is undefined, whatever it claims', () => {
  expect(decodeFrame('{')).toBeUndefined()
  expect(decodeFrame(new Uint8Array())).toBeUndefined()
  expect(decodeFrame(Uint8Array.of(255, 255, 255, 255, 1))).toBeUndefined()
  expect(decodeFrame(Uint8Array.of(0, 0, 0, 1, 0x30))).toEqual({ message: { bytes: new Uint8Array() } })
})
