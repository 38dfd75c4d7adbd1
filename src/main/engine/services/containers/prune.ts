import type { ContainersContext } from './context.ts'
import { compilePruneFilters, type ContainerFilters } from './filters.ts'
import { removeLocked } from './remove.ts'
import { writeUnrecorded } from './unrecorded.ts'

export interface Pruned {
  ids: string[]
  /** Bytes of their writable snapshots. */
  reclaimed: number
}

/** Removes every container that neither runs nor is about to. */
export async function pruneContainers(ctx: ContainersContext, filters: ContainerFilters): Promise<Pruned> {
  const matches = compilePruneFilters(filters, ctx.clock())
  const pruned: Pruned = { ids: [], reclaimed: 0 }
  for (const { id } of ctx.records.list()) {
    await ctx.locks.run(id, async () => {
      await writeUnrecorded(ctx, id)
      const record = ctx.records.byId(id)
      if (!record || (record.state.status !== 'exited' && record.state.status !== 'created') || !matches(record)) return
      const { bytes } = await ctx.snapshots.usage({ key: id }).catch(() => ({ bytes: 0 }))
      await removeLocked(ctx, record, {})
      pruned.ids.push(id)
      pruned.reclaimed += bytes
    })
  }
  ctx.events.publish({ type: 'container', action: 'prune', id: '', attributes: { reclaimed: String(pruned.reclaimed) } })
  return pruned
}
