import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attribute, concat, decodeAttributes, decodeMessages, encodeMessages, failureOf, nested, readText, readU32, text, u32 } from './message.ts'

test('messages and attributes come back as they were sent, padded to four bytes', () => {
  const body = concat([text(3, 'eth0'), u32(4, 1500), nested(18, text(1, 'veth'))])
  const bytes = encodeMessages([{ type: 16, flags: 5, body }, { type: 17, flags: 1, body: Uint8Array.of(1, 2, 3) }])
  expect(bytes.length % 4).toBe(0)
  const [first, second] = decodeMessages(bytes)
  expect([first!.type, first!.flags, first!.sequence, second!.sequence, [...second!.body]]).toEqual([16, 5, 1, 2, [1, 2, 3]])
  const found = decodeAttributes(first!.body)
  expect([readText(found.get(3)!), readU32(found.get(4)!), readText(decodeAttributes(found.get(18)!).get(1)!)]).toEqual(['eth0', 1500, 'veth'])
})

test('an answer of the kernel: acknowledged, or refused with an errno and its words', () => {
  const error = (errno: number) => new Uint8Array(new Int32Array([-errno]).buffer)
  const original = concat([u32Bytes(16), new Uint8Array(12)])
  const reply = (errno: number, flags: number, tail: Uint8Array = new Uint8Array()) => ({ type: 2, flags, sequence: 3, body: concat([error(errno), original, tail]) })
  expect(failureOf(reply(0, 0x100))).toBeUndefined()
  expect(failureOf(reply(17, 0x100))).toEqual({ sequence: 3, errno: 17, detail: undefined })
  expect(failureOf(reply(22, 0x300, text(1, 'no such thing')))).toEqual({ sequence: 3, errno: 22, detail: 'no such thing' })
})
const u32Bytes = (value: number) => attribute(0, new Uint8Array(new Uint32Array([value]).buffer)).subarray(4)

test('any bytes are read without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const reply of decodeMessages(bytes)) failureOf(reply)
      decodeAttributes(bytes)
    }),
  )
})
