import type { ContainerRecord } from './record.ts'

/** `name[:alias]`: the other end, by name or id. */
export const targetOf = (link: string): string => (link.split(':')[0] ?? '').replace(/^\//, '')

export const aliasOf = (link: string): string => {
  const [name = '', alias = name] = link.split(':')
  return alias.replace(/^.*\//, '')
}

/** Only on the default bridge does a link give its other end a name among the containers, as for Docker; elsewhere it is an alias on the network. */
export const namingLinks = ({ host }: ContainerRecord): readonly string[] => (host.NetworkMode === 'bridge' ? (host.Links ?? []) : [])

/** What containers are called by those that link to them, `parent/alias`, by the container's id. */
export function namesByLinks(records: readonly ContainerRecord[], find: (reference: string) => ContainerRecord | undefined): ReadonlyMap<string, string[]> {
  const names = new Map<string, string[]>()
  for (const parent of records) {
    for (const link of namingLinks(parent)) {
      const target = find(targetOf(link))
      if (target) names.set(target.id, [...(names.get(target.id) ?? []), `${parent.name}/${aliasOf(link)}`])
    }
  }
  return names
}
