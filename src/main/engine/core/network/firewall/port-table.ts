import { forgetUdpPort, forgetUdpTarget } from '../netlink/conntrack.ts'
import type { NetlinkMessage } from '../netlink/message.ts'
import { addElements, inOneBatch, removeElements } from '../netlink/nftables.ts'
import { elementsByMap, portKey, samePort, type PublishedPort } from './ruleset.ts'

export interface PortChange {
  add?: readonly PublishedPort[]
  remove?: readonly PublishedPort[]
}

/** What a change comes down to, given what is there. */
export interface PortDifference {
  leaving: PublishedPort[]
  coming: PublishedPort[]
}

/** The ports that should be in the kernel, by the key of their map element. */
export interface PortTable {
  list(): PublishedPort[]
  set(ports: readonly PublishedPort[]): void
  /** Carries the change out here and tells the difference; a port that is in `remove` but has been replaced since stays. */
  change(change: PortChange): PortDifference
}

export function createPortTable(): PortTable {
  const ports = new Map<string, PublishedPort>()
  const holds = (port: PublishedPort) => {
    const there = ports.get(portKey(port))
    return there !== undefined && samePort(there, port)
  }
  return {
    list: () => [...ports.values()],
    set(all) {
      ports.clear()
      for (const port of all) ports.set(portKey(port), port)
    },
    change({ add = [], remove = [] }) {
      const wanted = new Set(add.map(portKey))
      const coming = add.filter((port) => !holds(port))
      const displaced = coming.map((port) => ports.get(portKey(port))).filter((port) => port !== undefined)
      const leaving = [...displaced, ...remove.filter((port) => holds(port) && !wanted.has(portKey(port)))]
      for (const port of leaving) ports.delete(portKey(port))
      for (const port of coming) ports.set(portKey(port), port)
      return { leaving, coming }
    },
  }
}

/** The difference as one transaction. */
export const differenceMessages = (table: string, { leaving, coming }: PortDifference): NetlinkMessage[] =>
  inOneBatch([
    ...elementsByMap(leaving).flatMap(({ name, elements }) => removeElements({ table, name }, elements)),
    ...elementsByMap(coming).flatMap(({ name, elements }) => addElements({ table, name }, elements)),
  ])

/** Beyond this many, flows are left to fade by themselves. */
const FLOWS_FORGOTTEN = 1024

/** UDP flows that go by what was before. */
export function flowMessages({ leaving, coming }: PortDifference): NetlinkMessage[] {
  const udp = (ports: readonly PublishedPort[]) => ports.filter(({ protocol }) => protocol === 'udp')
  return [...udp(leaving).map(({ target }) => forgetUdpTarget(target)), ...udp(coming).flatMap(({ hostPort }) => forgetUdpPort(hostPort))].slice(0, FLOWS_FORGOTTEN)
}
