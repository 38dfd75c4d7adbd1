import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createNameDirectory } from './directory.ts'
import { answers, decodeQuery, encodeAnswer, encodeFormatError, encodeName, RECORD_TYPE, responseCode, withId, type Query } from './message.ts'
import { resolveLocally, type NameScope } from './resolve.ts'
import { readMessages, withLength } from './upstream.ts'

const name = (text: string) => Buffer.concat([...text.split('.').filter(Boolean).flatMap((label) => [Uint8Array.of(label.length), Buffer.from(label, 'latin1')]), Uint8Array.of(0)])
function query(text: string, type: number, { id = 7, udp }: { id?: number; udp?: number } = {}): Uint8Array {
  const header = Uint8Array.of(id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, udp === undefined ? 0 : 1)
  const opt = udp === undefined ? [] : [Uint8Array.of(0, 0, 41, udp >> 8, udp & 0xff, 0, 0, 0, 0, 0, 0)]
  return Buffer.concat([header, name(text), Uint8Array.of(0, type, 0, 1), ...opt])
}
const decoded = (...args: Parameters<typeof query>) => decodeQuery(query(...args)) as Query

test('a query is read: name in lower case, type, the size its sender takes', () => {
  expect(decoded('Web.Example', 28)).toMatchObject({ id: 7, name: 'web.example', type: 28, class: 1, udpBytes: 512, extended: false, recursionDesired: true })
  expect(decoded('web', 1, { udp: 4096 })).toMatchObject({ udpBytes: 4096, extended: true })
  expect(decoded('web', 1, { udp: 100 }).udpBytes).toBe(512)
  expect(decoded('', 2).name).toBe('')
  expect(decoded('we b', 1).name).toBeUndefined()
})

test('what is no query gets no answer, what cannot be read is told so', () => {
  expect(decodeQuery(new Uint8Array(11))).toBeUndefined()
  const response = query('web', 1)
  response[2] = 0x81
  expect(decodeQuery(response)).toBeUndefined()
  const twoQuestions = query('web', 1)
  twoQuestions[5] = 2
  expect(decodeQuery(twoQuestions)).toEqual({ malformed: true, id: 7 })
  const pointer = Buffer.concat([query('', 1).subarray(0, 12), Uint8Array.of(0xc0, 12, 0, 1, 0, 1)])
  expect(decodeQuery(pointer)).toEqual({ malformed: true, id: 7 })
  expect(responseCode(encodeFormatError(7))).toBe(1)
})

test('any bytes are read without harm, and any prefix of a query too', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void decodeQuery(bytes)))
  const whole = query('a.rather.long.name.example.org', 1, { udp: 1232 })
  for (let length = 0; length < whole.length; length++) decodeQuery(whole.subarray(0, length))
})

test('an answer repeats the question and holds as much as fits; over UDP the rest is asked for by TCP', () => {
  const asked = decoded('many', 1)
  const record = (last: number) => ({ type: 1, ttl: 60, value: Uint8Array.of(10, 0, 0, last) })
  const small = encodeAnswer(asked, { code: 0, records: [record(1), record(2)] }, false)
  expect(answers(small, 7, asked.question)).toBe(true)
  expect([small[6], small[7], small[2]! & 2]).toEqual([0, 2, 0])
  const many = Array.from({ length: 200 }, (_, index) => record(index))
  const cut = encodeAnswer(asked, { code: 0, records: many }, false)
  expect([cut.length <= 512, cut[2]! & 2]).toEqual([true, 2])
  expect(encodeAnswer(asked, { code: 0, records: many }, true)[7]).toBe(200)
})

test('an answer from upstream counts only for its own id and question, whatever the case of its letters', () => {
  const asked = decoded('example.org', 1)
  const reply = encodeAnswer({ ...asked, id: 900 }, { code: 0, records: [] }, false)
  expect(answers(reply, 900, decoded('EXAMPLE.org', 1).question)).toBe(true)
  expect(answers(reply, 901, asked.question)).toBe(false)
  expect(answers(reply, 900, decoded('example.net', 1).question)).toBe(false)
  expect(answers(reply.subarray(0, 14), 900, asked.question)).toBe(false)
  expect(answers(withId(query('example.org', 1), 900), 900, asked.question)).toBe(false)
})

const directory = createNameDirectory()
directory.add({ networkId: 'n1', networkName: 'front', containerId: 'c1', names: ['web', 'www', 'Shared'], ipv4: '10.0.0.2' })
directory.add({ networkId: 'n1', networkName: 'front', containerId: 'c2', names: ['api', 'shared'], ipv4: '10.0.0.3', ipv6: 'fd00::3' })
directory.add({ networkId: 'n2', networkName: 'back', containerId: 'c3', names: ['db'], ipv4: '10.1.0.2' })
const scope: NameScope = { networks: [{ id: 'n1', subnets: ['10.0.0.0/24', 'fd00::/64'] }], links: new Map([['store', { networkId: 'n1', containerId: 'c2' }]]) }
const values = (text: string, type: number) => resolveLocally(decoded(text, type), scope, directory)?.records.map(({ value }) => [...value].join('.')).sort()

test('names of the networks one is on are known, others are not', () => {
  expect(values('WEB', 1)).toEqual(['10.0.0.2'])
  expect(values('web.front', 1)).toEqual(['10.0.0.2'])
  expect(values('shared', 1)).toEqual(['10.0.0.2', '10.0.0.3'])
  expect(values('store', 1)).toEqual(['10.0.0.3'])
  expect(values('db', 1)).toBeUndefined()
  expect(values('web.back', 1)).toBeUndefined()
  expect(values('example.org', 1)).toBeUndefined()
})

test('a known name has no records of other types, which is not to be asked elsewhere', () => {
  expect(values('web', RECORD_TYPE.aaaa)).toEqual([])
  expect(values('web', 15)).toEqual([])
  expect(values('web', 65)).toEqual([])
  expect(values('shared', RECORD_TYPE.aaaa)).toHaveLength(1)
})

test('reverse names of one’s own networks: known, or known not to be; others are asked elsewhere', () => {
  expect(resolveLocally(decoded('2.0.0.10.in-addr.arpa', 12), scope, directory)).toMatchObject({ code: 0, records: [{ type: 12, value: encodeName('web.front') }] })
  expect(resolveLocally(decoded('9.0.0.10.in-addr.arpa', 12), scope, directory)).toEqual({ code: 3, records: [] })
  expect(resolveLocally(decoded('2.0.1.10.in-addr.arpa', 12), scope, directory)).toBeUndefined()
  const six = `3.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`
  expect(resolveLocally(decoded(six, 12), scope, directory)).toMatchObject({ code: 0 })
})

test('who leaves is forgotten, also when added twice', () => {
  const own = createNameDirectory()
  const entry = { networkId: 'n', networkName: 'net', containerId: 'c', names: ['a'], ipv4: '10.0.0.1' }
  own.add(entry)
  own.add({ ...entry, names: ['b'] })
  expect(own.lookup('n', 'a')).toEqual([])
  own.remove('n', 'c')
  expect([own.lookup('n', 'b'), own.reverse('n', '10.0.0.1')]).toEqual([[], undefined])
})

test('messages over TCP arrive whole however they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), (messages, size) => {
      const socket = new EventEmitter()
      const seen: number[][] = []
      readMessages(socket as never, (message) => seen.push([...message]))
      const stream = Buffer.concat(messages.map(withLength))
      for (let at = 0; at < stream.length; at += size) socket.emit('data', stream.subarray(at, at + size))
      expect(seen).toEqual(messages.map((message) => [...message]))
    }),
  )
})
