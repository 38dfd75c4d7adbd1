import type { NetworkSummary } from '#shared/contract/networks.ts'

/** As many as tokens.css has; the first is for what everybody has, the default bridge. */
const COLOURS = 8

/** A colour for each network: stable by name, and no two alike while there are enough. */
export function networkColours(networks: readonly Pick<NetworkSummary, 'id' | 'name' | 'predefined' | 'createdAt'>[]): Map<string, string> {
  const taken = new Set<number>()
  const colours = new Map<string, string>()
  for (const { id, name, predefined } of networks.toSorted((a, b) => a.createdAt - b.createdAt || a.name.localeCompare(b.name))) {
    if (predefined) {
      colours.set(id, 'var(--net-0)')
      continue
    }
    let slot = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) % COLOURS
    for (let step = 0; step < COLOURS && taken.has(slot) && taken.size < COLOURS; step++) slot = (slot + 3) % COLOURS
    taken.add(slot)
    colours.set(id, `var(--net-${slot + 1})`)
  }
  return colours
}
