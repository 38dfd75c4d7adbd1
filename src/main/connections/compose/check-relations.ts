import type { ComposeService } from '#shared/contract/compose.ts'
import { isOpen, itemsOf, nameOf, partsOf, type Report } from './nodes.ts'

/** What only shows between services: one waits for another that waits for it, two want the same port of the machine. */
export function checkRelations(services: readonly ComposeService[], nodes: ReadonlyMap<string, unknown>, report: Report): void {
  const byName = new Map(services.map((service) => [service.name, service]))
  for (const { name } of services) {
    const circle = circleFrom(name, byName)
    // Told once, where the first of them stands.
    if (circle && circle.toSorted()[0] === name) report(partsOf(nodes.get(name)).get('depends_on')?.key, 'circle', { names: [...circle, name].join(' → ') })
  }
  const taken = new Map<string, string>()
  for (const { name } of services) {
    for (const item of itemsOf(partsOf(nodes.get(name)).get('ports')?.value)) {
      const key = published(item)
      if (key === undefined) continue
      const other = taken.get(key)
      if (other !== undefined && other !== name) report(item, 'portTwice', { other, port: key.split('/')[0] ?? '' })
      taken.set(key, name)
    }
  }
}

/** The shortest way round that comes back to it. */
function circleFrom(name: string, services: ReadonlyMap<string, ComposeService>): string[] | undefined {
  const ways: string[][] = [[name]]
  const seen = new Set<string>()
  for (const way of ways) {
    for (const next of services.get(way.at(-1) ?? '')?.dependsOn ?? []) {
      if (next === name) return way
      if (!seen.has(next)) ways.push([...way, next])
      seen.add(next)
    }
  }
  return undefined
}

/** A single port on all addresses, with its protocol; everything else may well be meant. */
function published(item: unknown): string | undefined {
  if (isOpen(item)) return undefined
  const [, port, protocol = 'tcp'] = /^(\d+):\d+(?:\/(\w+))?$/.exec(nameOf(item)) ?? []
  return port === undefined ? undefined : `${port}/${protocol}`
}
