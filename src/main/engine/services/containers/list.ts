import type { ContainersContext } from './context.ts'
import { compileFilters, type ContainerFilters } from './filters.ts'
import type { ContainerRecord } from './record.ts'
import { isAlive } from './state.ts'

export interface ListOptions {
  /** Also those that do not run. */
  all?: boolean
  /** The newest n, running or not. */
  limit?: number
  filters?: ContainerFilters
}

/** Newest first. */
export async function listContainers(ctx: ContainersContext, options: ListOptions): Promise<ContainerRecord[]> {
  const filters = options.filters ?? {}
  const matches = await compileFilters(ctx, filters)
  const limit = options.limit && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY
  const all = options.all || limit !== Number.POSITIVE_INFINITY || 'status' in filters
  const found: ContainerRecord[] = []
  for (const record of ctx.records.list().reverse()) {
    if (found.length >= limit) break
    if ((all || isAlive(record.state) || record.state.status === 'restarting') && matches(record)) found.push(record)
  }
  return found
}
