import { EngineError, isEngineError } from '#shared/errors.ts'
import type { VolumesContext } from './context.ts'
import { compilePruneFilters, type VolumeFilters } from './filters.ts'
import { removeVolume } from './remove.ts'

const running = new WeakSet<VolumesContext>()

/** Removes what no container mentions: anonymous volumes, with the filter `all` named ones too. What is mounted from elsewhere takes no space here and stays. @throws conflict while another prune is under way */
export async function pruneVolumes(ctx: VolumesContext, filters: VolumeFilters): Promise<{ names: string[]; reclaimed: number }> {
  const matches = compilePruneFilters(filters)
  if (running.has(ctx)) throw new EngineError('conflict', 'a prune operation is already running', { reason: 'prune-running' })
  running.add(ctx)
  try {
    const pruned = { names: [] as string[], reclaimed: 0 }
    for (const record of ctx.records.list()) {
      if (record.unfinished || Object.keys(record.options).length > 0 || ctx.needs.containersUsing(record.name).length > 0 || !matches(record)) continue
      const bytes = await ctx.storage.size(record.name)
      if (!(await wasRemoved(ctx, record.name))) continue
      pruned.names.push(record.name)
      pruned.reclaimed += bytes
    }
    ctx.events.publish({ type: 'volume', action: 'prune', id: '', attributes: { reclaimed: String(pruned.reclaimed) } })
    return pruned
  } finally {
    running.delete(ctx)
  }
}

/** False when a container came to use it meanwhile. */
async function wasRemoved(ctx: VolumesContext, name: string): Promise<boolean> {
  try {
    await removeVolume(ctx, name, false)
    return true
  } catch (error) {
    if (isEngineError(error, 'conflict') || isEngineError(error, 'not-found')) return false
    throw error
  }
}
