import { addressBytes, contains, formatAddress, parseCidr, readAddress, type Address } from '../ipam/address.ts'
import type { NameDirectory, NameEntry } from './directory.ts'
import { CLASS_INTERNET, encodeName, RECORD_TYPE, RESPONSE_CODE, type AnswerRecord, type Query } from './message.ts'

/** What one sandbox may know: the networks it is on, and what its links call other containers. */
export interface NameScope {
  networks: readonly { id: string; subnets: readonly string[] }[]
  /** Lower-case alias → the container it stands for, on that network. */
  links: ReadonlyMap<string, { networkId: string; containerId: string }>
}

/** Short, because a container that is started again may have another address. */
const TTL_SECONDS = 60

/** What the engine knows itself; undefined: nothing, ask elsewhere. */
export function resolveLocally(query: Query, scope: NameScope, directory: NameDirectory): { code: number; records: AnswerRecord[] } | undefined {
  if (query.class !== CLASS_INTERNET || query.name === undefined) return undefined
  if (query.type === RECORD_TYPE.ptr) return resolveAddress(query.name, scope, directory)
  const entries = entriesFor(query.name, scope, directory)
  if (entries.length === 0) return undefined
  // A name that exists has no records of the types it lacks, which is not the same as not existing: the client must not ask on.
  return { code: RESPONSE_CODE.noError, records: shuffle(recordsOf(entries, query.type)) }
}

function entriesFor(name: string, scope: NameScope, directory: NameDirectory): readonly NameEntry[] {
  const linked = scope.links.get(name)
  const entry = linked && directory.entryOf(linked.networkId, linked.containerId)
  if (entry) return [entry]
  for (const network of scope.networks) {
    const found = directory.lookup(network.id, name)
    if (found.length > 0) return found
  }
  return []
}

function recordsOf(entries: readonly NameEntry[], type: number): AnswerRecord[] {
  const texts = type === RECORD_TYPE.a ? entries.map(({ ipv4 }) => ipv4) : type === RECORD_TYPE.aaaa ? entries.map(({ ipv6 }) => ipv6) : []
  return texts.flatMap((text) => {
    const address = text === undefined ? undefined : readAddress(text)
    return address ? [{ type, ttl: TTL_SECONDS, value: addressBytes(address) }] : []
  })
}

function resolveAddress(name: string, scope: NameScope, directory: NameDirectory): { code: number; records: AnswerRecord[] } | undefined {
  const address = addressOfReverseName(name)
  if (!address) return undefined
  for (const network of scope.networks) {
    const entry = directory.reverse(network.id, formatAddress(address))
    if (entry) return { code: RESPONSE_CODE.noError, records: [{ type: RECORD_TYPE.ptr, ttl: TTL_SECONDS, value: encodeName(`${entry.names[0] ?? ''}.${entry.networkName}`) }] }
  }
  const isOurs = scope.networks.some(({ subnets }) => subnets.some((subnet) => contains(parseCidr(subnet), address)))
  return isOurs ? { code: RESPONSE_CODE.nameError, records: [] } : undefined
}

/** `2.0.17.172.in-addr.arpa` and the thirty-two nibbles of ip6.arpa. */
function addressOfReverseName(name: string): Address | undefined {
  const v4 = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\.in-addr\.arpa$/.exec(name)
  if (v4) return readAddress(v4[1]!.split('.').reverse().join('.'))
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)
  if (!v6) return undefined
  const nibbles = v6[1]!.split('.').reverse().join('')
  return { family: 6, value: BigInt(`0x${nibbles}`) }
}

/** So that clients that take the first address spread over all. */
function shuffle<Item>(items: Item[]): Item[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[items[last], items[other]] = [items[other]!, items[last]!]
  }
  return items
}
