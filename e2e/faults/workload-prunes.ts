import type { Deeds } from './workload.ts'

/** `prune` of every noun, of what this client has labelled: what else it finds belongs to another, whose requests it must not overtake. */
export function pruneRequests({ client, call, name }: Deeds): Record<string, () => Promise<boolean>> {
  const filters = (more: object = {}) => encodeURIComponent(JSON.stringify({ label: [`owner=${name}`], ...more }))

  async function prune<Facts>(things: Map<string, { exists: boolean | undefined; facts: Facts }>, path: string, deleted: string): Promise<boolean> {
    const open = [...things].filter(([, told]) => told.exists)
    for (const [, told] of open) told.exists = undefined
    const reply = await call('POST', path)
    if (!reply) return false
    const gone = new Set(reply.json<Record<string, string[] | null>>()[deleted] ?? [])
    for (const [thing, told] of open) told.exists = !gone.has(thing) && !gone.has((told.facts as { id?: string } | undefined)?.id ?? '')
    return true
  }

  return {
    pruneContainers: () => prune(client.containers, `/containers/prune?filters=${filters()}`, 'ContainersDeleted'),
    pruneNetworks: () => prune(client.networks, `/networks/prune?filters=${filters()}`, 'NetworksDeleted'),
    pruneVolumes: () => prune(client.volumes, `/volumes/prune?filters=${filters({ all: ['true'] })}`, 'VolumesDeleted'),
    // Untagged ones only: nobody was told of them.
    pruneImages: async () => (await call('POST', '/images/prune')) !== undefined,
    pruneBuild: async () => (await call('POST', '/build/prune')) !== undefined,
  }
}
