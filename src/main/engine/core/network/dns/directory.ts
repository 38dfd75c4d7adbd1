/** What names stand for on each network. Filled by endpoints that come and go; holds nothing of networks that nobody is on. */
export interface NameDirectory {
  add(entry: NameEntry): void
  remove(networkId: string, containerId: string): void
  /** Who has the name on that network. Lower case. */
  lookup(networkId: string, name: string): readonly NameEntry[]
  /** Who has the address on that network, in its canonical text. */
  reverse(networkId: string, address: string): NameEntry | undefined
  entryOf(networkId: string, containerId: string): NameEntry | undefined
}

export interface NameEntry {
  networkId: string
  networkName: string
  containerId: string
  /** The first is the container's own name. */
  names: readonly string[]
  ipv4?: string
  ipv6?: string
}

interface NetworkNames {
  byContainer: Map<string, NameEntry>
  byName: Map<string, NameEntry[]>
}

export function createNameDirectory(): NameDirectory {
  const networks = new Map<string, NetworkNames>()
  function remove(networkId: string, containerId: string) {
    const network = networks.get(networkId)
    const entry = network?.byContainer.get(containerId)
    if (!network || !entry) return
    network.byContainer.delete(containerId)
    for (const name of keysOf(entry)) {
      const left = (network.byName.get(name) ?? []).filter((other) => other !== entry)
      if (left.length > 0) network.byName.set(name, left)
      else network.byName.delete(name)
    }
    if (network.byContainer.size === 0) networks.delete(networkId)
  }
  return {
    remove,
    add(entry) {
      remove(entry.networkId, entry.containerId)
      const network = networks.get(entry.networkId) ?? { byContainer: new Map(), byName: new Map() }
      networks.set(entry.networkId, network)
      network.byContainer.set(entry.containerId, entry)
      for (const name of keysOf(entry)) network.byName.set(name, [...(network.byName.get(name) ?? []), entry])
    },
    lookup: (networkId, name) => networks.get(networkId)?.byName.get(name) ?? [],
    reverse: (networkId, address) => networks.get(networkId)?.byContainer.values().find((entry) => entry.ipv4 === address || entry.ipv6 === address),
    entryOf: (networkId, containerId) => networks.get(networkId)?.byContainer.get(containerId),
  }
}

/** A name, and the name with the network's after it. */
function keysOf(entry: NameEntry): Set<string> {
  return new Set(entry.names.flatMap((name) => [name.toLowerCase(), `${name}.${entry.networkName}`.toLowerCase()]))
}
