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
    if (host.AutoRemove && !['no', ''].includes(update.RestartPolicy?.Name ?? '')) throw conflict(id, 'Restart policy cannot be updated because AutoRemove is enabled for the container')
    validateRestartPolicy(host)
    refuseBothKindsOfCpu(record.host, host, id)
    if ((host.MemorySwap ?? 0) > 0 && (host.Memory ?? 0) > host.MemorySwap!) throw conflict(id, 'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time')
    const known = new Set(ctx.spec.checkLimits(limitsOf(record.host)))
    const warnings = ctx.spec.checkLimits(limitsOf(host)).filter((warning) => !known.has(warning))
    const { task } = ctx.live.of(id)
    const changesLimits = LIMITS.some((name) => host[name] !== record.host[name]) || pidsLimitOf(update).pidsLimit !== undefined
    await using undo = new AsyncDisposableStack()
    if (changesLimits && isAlive(record.state) && task) {
      await task.update(ctx.spec.resources({ ...limitsOf(host), ...pidsLimitOf(update) }))
      undo.defer(() => task.update(ctx.spec.resources({ ...limitsOf(record.host), ...pidsLimitOf({ PidsLimit: record.host.PidsLimit ?? 0 }) })))
    }
    const updated = { ...record, host }
    ctx.records.commit(updated)
    undo.move()
    publishContainerEvent(ctx, updated, 'update')
    return warnings
  })
}

/** No program reaches this many: PID_MAX_LIMIT of https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/include/linux/threads.h. crun writes -1 as it is, which the kernel refuses. */
const AS_MANY_AS_THERE_CAN_BE = 4 * 1024 * 1024

function pidsLimitOf({ PidsLimit }: ResourceUpdate): { pidsLimit?: number } {
  if (PidsLimit === undefined || PidsLimit === null) return {}
  return { pidsLimit: PidsLimit > 0 ? PidsLimit : AS_MANY_AS_THERE_CAN_BE }
}

const conflict = (id: string, why: string) => new EngineError('conflict', `Cannot update container ${id}: ${why}`)

function refuseBothKindsOfCpu(before: HostConfig, after: HostConfig, id: string): void {
  if (!after.NanoCpus || !after.CpuQuota) return
  const set = before.CpuPeriod ? 'CPU Period' : 'CPU Quota'
  const reason = before.NanoCpus ? 'CPU Quota cannot be updated as NanoCPUs has already been set' : `Nano CPUs cannot be updated as ${set} has already been set`
  throw conflict(id, `Conflicting options: ${reason}`)
}

function mergeUpdate(host: HostConfig, update: ResourceUpdate): HostConfig {
  const changed = Object.fromEntries(LIMITS.flatMap((name) => (update[name] ? [[name, update[name]]] : [])))
  const policy = update.RestartPolicy?.Name ? { RestartPolicy: { Name: update.RestartPolicy.Name, MaximumRetryCount: update.RestartPolicy.MaximumRetryCount ?? 0 } } : {}
  // A memory limit above the old swap limit would be refused by the kernel; one that nobody chose moves along, where Docker wants both to be given.
  const derivedSwap = update.Memory && !update.MemorySwap && host.MemorySwap === (host.Memory ?? 0) * 2 ? { MemorySwap: update.Memory * 2 } : {}
  const pids = update.PidsLimit === undefined || update.PidsLimit === null ? {} : { PidsLimit: Math.max(0, update.PidsLimit) }
  return { ...host, ...changed, ...pids, ...derivedSwap, ...policy }
}
