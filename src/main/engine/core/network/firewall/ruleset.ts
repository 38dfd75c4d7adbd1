import { addressBytes, formatAddress, type Address } from '../ipam/address.ts'
import type { MapElement } from '../netlink/nftables.ts'

/**
 * The text of the engine's one table, `slipway`; an engine on a data root other than the machine's own adds a suffix.
 *
 * Rules are written once per network; containers and their ports are elements of sets and maps. So a container that publishes nothing
 * changes nothing here, one that publishes a port adds an element, and a packet is judged in constant time however many there are.
 *
 *   raw          what must never come in from outside: packets to 127.0.0.0/8 (published loopback ports need route_localnet, which
 *                would let neighbours of the host reach its loopback), and packets of containers with an address that is not theirs.
 *   published    the destination is one of the host's own addresses: look its port up, first with that address, then with any.
 *   forward      into a bridge: replies, neighbours on the same network, and what was translated by a published port; nothing else, so that
 *                neither other networks nor hosts that route to the container's address get in. Out of an internal network: nothing.
 *   masquerade   out to the world with the host's address; and where the reply would otherwise not pass the host again: connections from the
 *                host's loopback, from a container to a published port of its own network, and from a bridge's own address, which a container of
 *                two networks would answer through the other one.
 */
export const DEFAULT_TABLE = 'slipway'

/** What the rules need to know of one bridge network. */
export interface BridgeRules {
  bridge: string
  /** CIDRs of both families. */
  subnets: readonly string[]
  internal: boolean
  /** Containers of the network reach each other. */
  talking: boolean
  masquerade: boolean
}

/** A port of the host that leads to a port of a container. `hostAddress` undefined: any of that family. */
export interface PublishedPort {
  protocol: 'tcp' | 'udp' | 'sctp'
  hostAddress: Address | undefined
  hostPort: number
  target: Address
  targetPort: number
}

export interface RulesetInput {
  /** Each engine on a machine has a table of its own. */
  table: string
  /** Left on the table, to tell whose it is. */
  comment: string
  bridges: readonly BridgeRules[]
  ports: readonly PublishedPort[]
  /** Physical interfaces between which the host did not forward before the engine needed it to; they stay apart. */
  separate: readonly string[]
}

/** nft knows words of its own for these and for icmpv6; any other protocol it looks up in /etc/protocols, which small systems lack (Debian: netbase). */
export const PROTOCOL_NUMBER = { tcp: 6, udp: 17, sctp: 132 } as const

/** Replaces the whole table in one transaction (`nft -f`). */
export function renderRuleset(input: RulesetInput): string {
  const { bridges, table, comment } = input
  const names = (selected: readonly BridgeRules[]) => selected.map(({ bridge }) => quote(bridge))
  return `table inet ${table} { }
delete table inet ${table}
table inet ${table} {
	comment ${quote(comment)}
${set('bridges', 'ifname', names(bridges))}
${set('internal', 'ifname', names(bridges.filter(({ internal }) => internal)))}
${set('talking', 'ifname . ifname', names(bridges.filter(({ talking }) => talking)).map((name) => `${name} . ${name}`))}
${set('separate', 'ifname', input.separate.map(quote))}
${Object.values(MAPS).map((map) => renderMap(map, input.ports)).join('\n')}
${CHAINS}
	chain nat_postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname @bridges ip saddr 127.0.0.0/8 masquerade
${bridges.flatMap(masqueradeRules).map((rule) => `\t\t${rule}\n`).join('')}	}
}
`
}

/** How many rules a rendered table has: the lines of its chains that are neither a chain's type nor part of a set. */
export const ruleCount = (ruleset: string): number => ruleset.split('\n').filter((line) => /^\t\t(?!type |elements )\S/.test(line)).length

export const renderRemoval = (table: string): string => `table inet ${table} { }\ndelete table inet ${table}\n`

const CHAINS = `	chain raw {
		type filter hook prerouting priority raw; policy accept;
		iifname != "lo" ip daddr 127.0.0.0/8 drop
		iifname @bridges meta nfproto ipv4 fib saddr . iif oif missing drop
	}
	chain published {
		dnat ip to ip daddr . meta l4proto . th dport map @ports4_at
		meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ports4
		dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports6_at
		meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ports6
	}
	chain nat_prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump published
	}
	chain nat_output {
		type nat hook output priority -100; policy accept;
		fib daddr type local jump published
	}
	chain into_bridge {
		ct state established,related accept
		iifname . oifname @talking accept
		iifname @internal drop
		oifname @internal drop
		ct status dnat accept
		meta l4proto icmpv6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		drop
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		oifname @bridges jump into_bridge
		iifname @internal drop
		iifname @separate ct state new ct status dnat accept
		iifname @separate oifname @separate ct state new drop
	}`

/** That a packet came in by the bridge is known there since Linux 5.7; by its address alone, another program's network with the same subnet would be masqueraded too. */
function masqueradeRules(network: BridgeRules): string[] {
  const bridge = quote(network.bridge)
  return network.subnets.flatMap((subnet) => {
    const source = `${subnet.includes(':') ? 'ip6' : 'ip'} saddr ${subnet}`
    const back = [`ct status dnat ${source} oifname ${bridge} masquerade`, `ct status dnat ${source} oifname @bridges fib saddr type local masquerade`]
    return network.masquerade && !network.internal ? [...back, `iifname ${bridge} ${source} oifname != ${bridge} masquerade`] : back
  })
}

/** Interface names have neither spaces nor slashes but may have a quote (dev_valid_name() in net/core/dev.c); ours never do. */
const quote = (name: string) => `"${name.replace(/["\\\n]/g, '')}"`

function set(name: string, type: string, elements: readonly string[]): string {
  return `\tset ${name} {\n\t\ttype ${type}\n${elements.length === 0 ? '' : `\t\telements = { ${elements.join(', ')} }\n`}\t}`
}

interface PortMap {
  name: string
  family: 4 | 6
  withAddress: boolean
}
const MAPS: Record<'any4' | 'at4' | 'any6' | 'at6', PortMap> = {
  any4: { name: 'ports4', family: 4, withAddress: false },
  at4: { name: 'ports4_at', family: 4, withAddress: true },
  any6: { name: 'ports6', family: 6, withAddress: false },
  at6: { name: 'ports6_at', family: 6, withAddress: true },
}

function mapOf(port: PublishedPort): PortMap {
  if (port.target.family === 4) return port.hostAddress ? MAPS.at4 : MAPS.any4
  return port.hostAddress ? MAPS.at6 : MAPS.any6
}

function renderMap(map: PortMap, ports: readonly PublishedPort[]): string {
  const address = map.family === 4 ? 'ipv4_addr' : 'ipv6_addr'
  const elements = ports.filter((port) => mapOf(port) === map).map((port) => `${keyText(port)} : ${formatAddress(port.target)} . ${port.targetPort}`)
  const type = `${map.withAddress ? `${address} . ` : ''}inet_proto . inet_service : ${address} . inet_service`
  return `\tmap ${map.name} {\n\t\ttype ${type}\n${elements.length === 0 ? '' : `\t\telements = { ${elements.join(', ')} }\n`}\t}`
}
const keyText = (port: PublishedPort) => `${port.hostAddress ? `${formatAddress(port.hostAddress)} . ` : ''}${port.protocol} . ${port.hostPort}`

/** The same elements as bytes, grouped by the map they belong in, for changes of a few. */
export function elementsByMap(ports: readonly PublishedPort[]): { name: string; elements: MapElement[] }[] {
  return [...Map.groupBy(ports, mapOf)].map(([map, members]) => ({ name: map.name, elements: members.map(encodeElement) }))
}

function encodeElement(port: PublishedPort): MapElement {
  const address = port.hostAddress ? [...addressBytes(port.hostAddress)] : []
  return {
    key: Uint8Array.from([...address, PROTOCOL_NUMBER[port.protocol], 0, 0, 0, ...portBytes(port.hostPort)]),
    value: Uint8Array.from([...addressBytes(port.target), ...portBytes(port.targetPort)]),
  }
}
const portBytes = (port: number) => [port >>> 8, port & 0xff, 0, 0]

/** Two mappings with the same key would be the same map element. */
export const portKey = (port: PublishedPort): string => `${port.target.family} ${keyText(port)}`
export const samePort = (one: PublishedPort, other: PublishedPort): boolean => one.targetPort === other.targetPort && one.target.value === other.target.value
