import { EngineError } from '#shared/errors.ts'
import type { HostConfig, ResourceUpdate } from './config.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { limitsOf } from './spec-input.ts'
import { isAlive } from './state.ts'
import { validateRestartPolicy } from './validate.ts'

const LIMITS = ['CpuShares', 'Memory', 'NanoCpus', 'BlkioWeight', 'CpuPeriod', 'CpuQuota', 'CpuRealtimePeriod', 'CpuRealtimeRuntime', 'CpusetCpus', 'CpusetMems', 'MemoryReservation', 'MemorySwap', 'PidsLimit'] as const

/** Changes limits and the restart policy, of a running container at once. What is zero or absent stays. Returns Docker's warnings. */
export async function updateContainer(ctx: ContainersContext, reference: string, update: ResourceUpdate): Promise<string[]> {
  const { id } = ctx.records.get(reference)
  return await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    if (record.state.status === 'removing') throw new EngineError('conflict', `container ${id} is marked for removal and cannot be updated`)
    const host = mergeUpdate(record.host, update)
    validateRestartPolicy(host)
    if (host.NanoCpus && host.CpuQuota) throw new EngineError('conflict', 'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set')
    const warnings = ctx.spec.checkLimits(limitsOf(host))
    const { task } = ctx.live.of(id)
    const changesLimits = LIMITS.some((name) => host[name] !== record.host[name])
    if (changesLimits && isAlive(record.state) && task) await task.update(ctx.spec.resources({ ...limitsOf(host), ...(update.PidsLimit ? { pidsLimit: update.PidsLimit } : {}) }))
    const updated = { ...record, host }
    ctx.records.commit(updated)
    publishContainerEvent(ctx, updated, 'update')
    return warnings
  })
}

function mergeUpdate(host: HostConfig, update: ResourceUpdate): HostConfig {
  const changed = Object.fromEntries(LIMITS.flatMap((name) => (update[name] ? [[name, update[name]]] : [])))
  const policy = update.RestartPolicy?.Name ? { RestartPolicy: { Name: update.RestartPolicy.Name, MaximumRetryCount: update.RestartPolicy.MaximumRetryCount ?? 0 } } : {}
  // A memory limit above the old swap limit would be refused by the kernel; Docker moves the swap limit along when it was derived.
  const derivedSwap = update.Memory && !update.MemorySwap && host.MemorySwap === (host.Memory ?? 0) * 2 ? { MemorySwap: update.Memory * 2 } : {}
  return { ...host, ...changed, ...derivedSwap, ...policy }
}
