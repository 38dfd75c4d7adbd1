import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, FrameDecoder } from './shim-frames.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test.for([
  [{ type: 'start' }, '01 00 0000 00000000'],
  [{ type: 'subscribe' }, '02 00 0000 00000000'],
  [{ type: 'attach', stdin: true, stdout: false, stderr: true }, '03 00 0000 01000000 05'],
  [{ type: 'stdin', bytes: Buffer.from('hi') }, '04 00 0000 02000000 6869'],
  [{ type: 'stdin-close' }, '05 00 0000 00000000'],
  [{ type: 'resize', rows: 33, columns: 300 }, '06 00 0000 04000000 2100 2c01'],
  [{ type: 'signal', signal: 9 }, '07 00 0000 04000000 09000000'],
] as const)('encodes $0.type', ([request, bytes]) => {
  expect(encodeFrame(request)).toEqual(hex(bytes))
})

const everyEvent = hex(
  '45 00 0000 00000000' +
    '40 00 0000 04000000 d2040000' +
    '41 00 0000 06000000 01000000 6e6f' +
    '42 01 0000 03000000 6f7574' +
    '42 02 0000 03000000 657272' +
    '43 00 0000 11000000 89000000 09000000 00002c1a 93259717 01' +
    '44 00 0000 03000000 626164',
)
const decoded = [
  { type: 'attached' },
  { type: 'started', pid: 1234 },
  { type: 'start-failed', status: 1, text: 'no' },
  { type: 'output', stream: 'stdout', bytes: Buffer.from('out') },
  { type: 'output', stream: 'stderr', bytes: Buffer.from('err') },
  { type: 'exit', code: 137, signal: 9, at: 0x179725931a2c0000n, oomKilled: true },
  { type: 'error', text: 'bad' },
]

test('decodes every event', () => {
  expect(new FrameDecoder().push(everyEvent)).toEqual(decoded)
})

test('decodes the same however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(everyEvent.length)), (places) => {
      const cuts = [0, ...places.sort((a, b) => a - b), everyEvent.length]
      const decoder = new FrameDecoder()
      const events = cuts.slice(1).flatMap((end, i) => decoder.push(everyEvent.subarray(cuts[i], end)))
      expect(events).toEqual(decoded)
    }),
  )
})

test('stdin longer than a frame becomes several frames', () => {
  const encoded = encodeFrame({ type: 'stdin', bytes: Buffer.alloc(65536 + 10, 'x') })
  expect(encoded.length).toBe(8 + 65536 + 8 + 10)
  expect(encoded.readUInt32LE(4)).toBe(65536)
  expect(encoded.readUInt32LE(8 + 65536 + 4)).toBe(10)
})

test('no stdin is no frame', () => {
  expect(encodeFrame({ type: 'stdin', bytes: new Uint8Array() }).length).toBe(0)
})

test.for([
  ['a length beyond the limit', '42 01 0000 01000100'],
  ['an unknown type', '20 00 0000 00000000'],
  ['output on no stream', '42 07 0000 00000000'],
])('refuses %s', ([, bytes]) => {
  expect(() => new FrameDecoder().push(hex(bytes!))).toThrow(RangeError)
})
