/**
 * DNS messages as bytes (RFC 1035): as much as a server needs that answers for containers and hands everything else on untouched.
 *
 * What arrives was written by whatever runs in a container, so nothing in it is believed: every read is bounded, a name has at most 255 bytes, and a
 * query whose question cannot be read is not a query. Answers from upstream are never taken apart; only their id and question are compared.
 */
export const RECORD_TYPE = { a: 1, ptr: 12, aaaa: 28, opt: 41 } as const
export const RESPONSE_CODE = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5 } as const
export const CLASS_INTERNET = 1

const HEADER_BYTES = 12
const MINIMUM_UDP_BYTES = 512
/** What fits every path without fragments: https://www.dnsflagday.net/2020/ */
const OUR_UDP_BYTES = 1232
const MAXIMUM_NAME_BYTES = 255
const MAXIMUM_RECORDS_READ = 16

export interface Query {
  id: number
  opcode: number
  recursionDesired: boolean
  /** Lower case, without the last dot; undefined when a label has bytes that no host name has, dots among them. */
  name: string | undefined
  type: number
  class: number
  /** The question section, byte for byte. */
  question: Uint8Array
  /** How long an answer over UDP may be. */
  udpBytes: number
  /** The client speaks EDNS, so that the answer must say so too. */
  extended: boolean
}

export interface AnswerRecord {
  type: number
  /** Seconds. */
  ttl: number
  /** The record's value as bytes. */
  value: Uint8Array
}

/** The query; `malformed` with its id when only the header can be read, so that a client can be told; undefined for what is no query. */
export function decodeQuery(bytes: Uint8Array): Query | { malformed: true; id: number } | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint16(2)
  if ((flags & 0x8000) !== 0) return undefined
  const id = view.getUint16(0)
  const name = view.getUint16(4) === 1 ? readName(bytes, HEADER_BYTES) : undefined
  if (!name || name.end + 4 > bytes.length) return { malformed: true, id }
  const extension = readExtension(bytes, view, name.end + 4)
  return {
    id,
    opcode: (flags >>> 11) & 0xf,
    recursionDesired: (flags & 0x0100) !== 0,
    name: name.text,
    type: view.getUint16(name.end),
    class: view.getUint16(name.end + 2),
    question: bytes.slice(HEADER_BYTES, name.end + 4),
    udpBytes: Math.max(MINIMUM_UDP_BYTES, extension ?? 0),
    extended: extension !== undefined,
  }
}

/** A name in the question cannot be compressed, there is nothing before it to point to. */
function readName(bytes: Uint8Array, start: number): { text: string | undefined; end: number } | undefined {
  const labels: string[] = []
  let plain = true
  for (let at = start; at < bytes.length && at - start < MAXIMUM_NAME_BYTES; ) {
    const length = bytes[at]!
    if (length === 0) return { text: plain ? labels.join('.').toLowerCase() : undefined, end: at + 1 }
    if (length > 63 || at + 1 + length > bytes.length) return undefined
    const label = Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString('latin1')
    plain &&= /^[!-\-/-~]+$/.test(label)
    labels.push(label)
    at += 1 + length
  }
  return undefined
}

/** The UDP size of an EDNS client (RFC 6891), if there is an OPT record. */
function readExtension(bytes: Uint8Array, view: DataView, start: number): number | undefined {
  if (view.getUint16(6) !== 0 || view.getUint16(8) !== 0) return undefined
  const count = Math.min(view.getUint16(10), MAXIMUM_RECORDS_READ)
  let at = start
  for (let index = 0; index < count; index++) {
    const name = readName(bytes, at)
    if (!name || name.end + 10 > bytes.length) return undefined
    if (view.getUint16(name.end) === RECORD_TYPE.opt) return view.getUint16(name.end + 2)
    at = name.end + 10 + view.getUint16(name.end + 8)
  }
  return undefined
}

/** An answer to the query. Over UDP what does not fit is left out and the client told to come again by TCP. */
export function encodeAnswer(query: Query, answer: { code: number; records: readonly AnswerRecord[] }, overTcp: boolean): Uint8Array {
  const records = answer.records.map(encodeRecord)
  const extension = query.extended ? encodeExtension() : new Uint8Array()
  const room = (overTcp ? 65_535 : query.udpBytes) - HEADER_BYTES - query.question.length - extension.length
  const fits = records.reduce((sum, record) => sum + record.length, 0) <= room
  const sent = fits ? records : []
  const header = encodeHeader(query, { code: answer.code, truncated: !fits, answers: sent.length, extensions: query.extended ? 1 : 0, questions: 1 })
  return Buffer.concat([header, query.question, ...sent, extension])
}

/** To what could not be read, the header alone. */
export const encodeFormatError = (id: number): Uint8Array =>
  encodeHeader({ id, opcode: 0, recursionDesired: false }, { code: RESPONSE_CODE.formatError, truncated: false, answers: 0, extensions: 0, questions: 0 })

function encodeHeader(query: Pick<Query, 'id' | 'opcode' | 'recursionDesired'>, said: { code: number; truncated: boolean; answers: number; extensions: number; questions: number }): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, query.id)
  view.setUint16(2, 0x8080 | (query.opcode << 11) | (query.recursionDesired ? 0x0100 : 0) | (said.truncated ? 0x0200 : 0) | said.code)
  view.setUint16(4, said.questions)
  view.setUint16(6, said.answers)
  view.setUint16(10, said.extensions)
  return bytes
}

/** The owner name is that of the question, which always starts right after the header. */
function encodeRecord(record: AnswerRecord): Uint8Array {
  const bytes = new Uint8Array(12 + record.value.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xc000 | HEADER_BYTES)
  view.setUint16(2, record.type)
  view.setUint16(4, CLASS_INTERNET)
  view.setUint32(6, record.ttl)
  view.setUint16(10, record.value.length)
  bytes.set(record.value, 12)
  return bytes
}

function encodeExtension(): Uint8Array {
  const bytes = new Uint8Array(11)
  const view = new DataView(bytes.buffer)
  view.setUint16(1, RECORD_TYPE.opt)
  view.setUint16(3, OUR_UDP_BYTES)
  return bytes
}

/** A name as the value of a record. Labels too long for DNS are cut. */
export function encodeName(name: string): Uint8Array {
  const labels = name.split('.').filter((label) => label !== '').map((label) => Buffer.from(label, 'latin1').subarray(0, 63))
  const whole = Buffer.concat([...labels.flatMap((label) => [Uint8Array.of(label.length), label]), Uint8Array.of(0)])
  return whole.length <= MAXIMUM_NAME_BYTES ? whole : Uint8Array.of(0)
}

/** Whether a message from upstream answers this query, and did not come for another or out of the blue. */
export function answers(reply: Uint8Array, id: number, question: Uint8Array): boolean {
  if (reply.length < HEADER_BYTES + question.length) return false
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength)
  if (view.getUint16(0) !== id || (view.getUint16(2) & 0x8000) === 0 || view.getUint16(4) !== 1) return false
  const echoed = Buffer.from(reply.subarray(HEADER_BYTES, HEADER_BYTES + question.length))
  return echoed.toString('latin1').toLowerCase() === Buffer.from(question).toString('latin1').toLowerCase()
}

export const responseCode = (reply: Uint8Array): number => reply[3]! & 0xf
export const isTruncated = (reply: Uint8Array): boolean => (reply[2]! & 0x02) !== 0

export function withId(message: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(message)
  new DataView(copy.buffer).setUint16(0, id)
  return copy
}
