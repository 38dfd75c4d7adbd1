import { attribute, concat, decodeAttributes, FLAG, nested, readText, readU32be, text, u32be, type NetlinkMessage } from './message.ts'

/** Messages of nf_tables, numbered in include/uapi/linux/netfilter/nf_tables.h. All numbers inside are big-endian. */
const SUBSYSTEM = 10
const MESSAGE = { newTable: 0, getTable: 1, delTable: 2, newChain: 3, getChain: 4, delChain: 5, newRule: 6, getRule: 7, delRule: 8, newElement: 12, deleteElement: 14 } as const
const BATCH_BEGIN = 0x10
const BATCH_END = 0x11
export const FAMILY_INET = 1
export const FAMILY_IPV4 = 2

/** An attribute holds at most 64 KiB and an element with its data under 128 bytes. */
const ELEMENTS_PER_MESSAGE = 400

/** struct nfgenmsg: family, version, and for a batch the subsystem it is for. */
const header = (family: number, resource = 0) => Uint8Array.of(family, 0, resource >>> 8, resource & 0xff)

const message = (type: number, flags: number, family: number, ...parts: readonly Uint8Array[]): NetlinkMessage => ({
  type: (SUBSYSTEM << 8) | type,
  flags: FLAG.request | FLAG.ack | flags,
  body: concat([header(family), ...parts]),
})

/** All of it happens or nothing: nfnetlink_rcv_batch() in net/netfilter/nfnetlink.c. */
export const inOneBatch = (messages: readonly NetlinkMessage[]): NetlinkMessage[] => [
  { type: BATCH_BEGIN, flags: FLAG.request, body: header(0, SUBSYSTEM) },
  ...messages,
  { type: BATCH_END, flags: FLAG.request, body: header(0, SUBSYSTEM) },
]

/** One entry of a map: key and value as the registers hold them, every field padded to four bytes. */
export interface MapElement {
  key: Uint8Array
  value: Uint8Array
}

const encodeElement = (element: MapElement, withValue: boolean) =>
  nested(1, nested(1, attribute(1, element.key)), ...(withValue ? [nested(2, attribute(1, element.value))] : []))

function elementMessages(type: number, flags: number, map: { table: string; name: string }, elements: readonly MapElement[], withValue: boolean): NetlinkMessage[] {
  const messages: NetlinkMessage[] = []
  for (let at = 0; at < elements.length; at += ELEMENTS_PER_MESSAGE) {
    const some = elements.slice(at, at + ELEMENTS_PER_MESSAGE).map((element) => encodeElement(element, withValue))
    messages.push(message(type, flags, FAMILY_INET, text(1, map.table), text(2, map.name), nested(3, ...some)))
  }
  return messages
}

/** Elements for a map of an inet table. One that is there with another value makes the batch fail (EEXIST). */
export const addElements = (map: { table: string; name: string }, elements: readonly MapElement[]): NetlinkMessage[] => elementMessages(MESSAGE.newElement, FLAG.create, map, elements, true)
/** One that is not there makes the batch fail (ENOENT). */
export const removeElements = (map: { table: string; name: string }, elements: readonly MapElement[]): NetlinkMessage[] => elementMessages(MESSAGE.deleteElement, 0, map, elements, false)

export const addTable = (family: number, table: string): NetlinkMessage => message(MESSAGE.newTable, FLAG.create, family, text(1, table), u32be(2, 0))
export const removeTable = (family: number, table: string): NetlinkMessage => message(MESSAGE.delTable, 0, family, text(1, table))

/** A base chain. Hooks: 3 is output. Priority: -300 is before connection tracking. */
export const addChain = (family: number, chain: { table: string; name: string; type: string; hook: number; priority: number }): NetlinkMessage =>
  message(MESSAGE.newChain, FLAG.create, family, text(1, chain.table), text(3, chain.name), text(7, chain.type), u32be(5, 1), nested(4, u32be(1, chain.hook), u32be(2, chain.priority >>> 0)))

export const addRule = (family: number, place: { table: string; chain: string }, expressions: readonly Uint8Array[]): NetlinkMessage =>
  message(MESSAGE.newRule, FLAG.create | FLAG.append, family, text(1, place.table), text(2, place.chain), nested(4, ...expressions))

export const listTables = (family: number): NetlinkMessage => ({ type: (SUBSYSTEM << 8) | MESSAGE.getTable, flags: FLAG.request | FLAG.dump, body: header(family) })
/** Tables and the comments on them, which are the first entry (type 0) of what nft(8) keeps as user data. */
export const tablesIn = (replies: readonly NetlinkMessage[]): { name: string; comment: string | undefined }[] =>
  replies.filter(({ type }) => type === ((SUBSYSTEM << 8) | MESSAGE.newTable)).map(({ body }) => {
    const found = decodeAttributes(body.subarray(4))
    const note = found.get(6)
    return { name: readText(found.get(1)!), comment: note && note[0] === 0 ? readText(note.subarray(2, 2 + note[1]!)) : undefined }
  })

export const listChains = (): NetlinkMessage => ({ type: (SUBSYSTEM << 8) | MESSAGE.getChain, flags: FLAG.request | FLAG.dump, body: header(0) })

export interface BaseChain {
  family: number
  table: string
  chain: string
  hook: number
  /** What happens to packets that no rule of the chain has judged. */
  policy: 'accept' | 'drop'
}
/** Chains that see packets by themselves, of every table. */
export const baseChainsIn = (replies: readonly NetlinkMessage[]): BaseChain[] =>
  replies.filter(({ type }) => type === ((SUBSYSTEM << 8) | MESSAGE.newChain)).flatMap(({ body }) => {
    const found = decodeAttributes(body.subarray(4))
    const hook = decodeAttributes(found.get(4) ?? new Uint8Array()).get(1)
    if (!hook) return []
    const policy = found.get(5)
    return [{ family: body[0]!, table: readText(found.get(1)!), chain: readText(found.get(3)!), hook: readU32be(hook), policy: policy && readU32be(policy) === 0 ? 'drop' : 'accept' }]
  })

/** Types of the notifications that something was taken away. */
export const REMOVALS: ReadonlySet<number> = new Set([MESSAGE.delTable, MESSAGE.delChain, MESSAGE.delRule].map((type) => (SUBSYSTEM << 8) | type))
export const listRules = (family: number, table: string): NetlinkMessage => ({ type: (SUBSYSTEM << 8) | MESSAGE.getRule, flags: FLAG.request | FLAG.dump, body: concat([header(family), text(1, table)]) })
export const isRule = (reply: NetlinkMessage): boolean => reply.type === ((SUBSYSTEM << 8) | MESSAGE.newRule)

const expression = (name: string, ...attributes: readonly Uint8Array[]) => nested(1, text(1, name), nested(2, ...attributes))
const REGISTER = 1

/** Offsets are from the start of the network header or of the transport header. */
export interface PayloadField {
  base: 'network' | 'transport'
  offset: number
  length: number
}
const field = ({ base, offset, length }: PayloadField) => [u32be(2, base === 'network' ? 1 : 2), u32be(3, offset), u32be(4, length)]

/** The rule goes on only when the field has this value. */
export const matchPayload = (place: PayloadField, value: Uint8Array): Uint8Array[] => [expression('payload', u32be(1, REGISTER), ...field(place)), matchRegister(value)]
const matchRegister = (value: Uint8Array) => expression('cmp', u32be(1, REGISTER), u32be(2, 0), nested(3, attribute(1, value)))
const META_L4_PROTOCOL = 16
export const matchProtocol = (number: number): Uint8Array[] => [expression('meta', u32be(2, META_L4_PROTOCOL), u32be(1, REGISTER)), matchRegister(Uint8Array.of(number))]
/** Overwrites the field and mends the Internet checksum at `checksumOffset`. */
export const writePayload = (place: PayloadField, value: Uint8Array, checksumOffset: number): Uint8Array[] => [
  expression('immediate', u32be(1, REGISTER), nested(2, attribute(1, value))),
  expression('payload', u32be(5, REGISTER), ...field(place), u32be(6, 1), u32be(7, checksumOffset), u32be(8, 0)),
]
