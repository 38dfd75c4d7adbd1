import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFrames, encodeFrame } from './frames.ts'

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  for (const [index, start] of at.slice(0, -1).entries()) yield bytes.subarray(start, at[index + 1])
}
const decode = async (source: AsyncIterable<Buffer>) => Array.fromAsync(decodeFrames(source), (message) => message.toString('hex'))

test('messages arrive whole, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 })), fc.array(fc.nat(200)), async (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(encodeFrame))
      expect(await decode(pieces(bytes, cuts))).toEqual(messages.map((message) => Buffer.from(message).toString('hex')))
    }),
  )
})

test('what is cut off, compressed or too large is refused', async () => {
  const frame = encodeFrame(Buffer.from('four'))
  await expect(decode(pieces(frame.subarray(0, 7), []))).rejects.toThrow('cut off')
  await expect(decode(pieces(Buffer.from([1, 0, 0, 0, 0]), []))).rejects.toThrow('compressed')
  await expect(decode(pieces(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), []))).rejects.toThrow('too large')
})
