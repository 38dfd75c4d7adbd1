import type { ContainerSettings, NetworkJoin } from '#shared/contract/container-settings.ts'
import { portBindings } from '../create-body.ts'
import type { EngineApi } from '../engine-api.ts'
import { joinBody } from '../join-body.ts'
import { joinLine, type Difference } from './changes.ts'

/** What an engine can do while a container runs. */
export interface LiveAbilities {
  /** PUT /slipway/containers/{id}/ports */
  ports: boolean
}

/** Docker takes 0 for "as it was": a limit that is taken away needs a recreate. */
const limitsStay = (before: ContainerSettings, after: ContainerSettings) => (['memoryBytes', 'cpus'] as const).every((key) => before.limits[key] === undefined || after.limits[key] !== undefined)

/** Whether that one setting can be changed without a recreate. */
export function isLive({ setting }: Pick<Difference, 'setting'>, before: ContainerSettings, after: ContainerSettings, abilities: LiveAbilities): boolean {
  switch (setting) {
    case 'name':
    case 'restart':
      return true
    case 'limits':
      return limitsStay(before, after)
    case 'ports':
      return abilities.ports && before.networkMode === undefined
    case 'networks':
      return before.networkMode === undefined && after.networkMode === undefined && after.networks.length > 0
    default:
      return false
  }
}

/**
 * Makes the differences that can be made live, in an order in which each can be undone by calling this the other way round: what Docker
 * cannot take back (a limit where there was none) comes last, in one request that does all or nothing.
 */
export async function applyLive(api: EngineApi, id: string, before: ContainerSettings, after: ContainerSettings, differences: readonly Difference[], signal?: AbortSignal): Promise<void> {
  const differs = (setting: keyof ContainerSettings) => differences.some((each) => each.setting === setting)
  const check = () => signal?.throwIfAborted()
  if (differs('name')) await api.json('POST', `/containers/${id}/rename`, { query: { name: after.name } })
  if (differs('networks')) {
    for (const step of networkSteps(before.networks, after.networks)) {
      check()
      await step(api, id)
    }
  }
  check()
  if (differs('ports')) await api.json('PUT', `/slipway/containers/${id}/ports`, { body: { PortBindings: portBindings(after.ports) } })
  check()
  if (differs('restart') || differs('limits')) await api.json('POST', `/containers/${id}/update`, { body: updateBody(before, after) })
}

/** Joins come before leaves, so that the container is never without a network; who changes its address or its names there leaves first. */
function networkSteps(before: readonly NetworkJoin[], after: readonly NetworkJoin[]): ((api: EngineApi, id: string) => Promise<unknown>)[] {
  const path = (network: string, verb: string) => `/networks/${encodeURIComponent(network)}/${verb}`
  const join = (to: NetworkJoin) => (api: EngineApi, id: string) => api.json('POST', path(to.network, 'connect'), { body: { Container: id, EndpointConfig: joinBody(to) } })
  const leave = (from: NetworkJoin) => (api: EngineApi, id: string) => api.json('POST', path(from.network, 'disconnect'), { body: { Container: id, Force: false } })
  const find = (list: readonly NetworkJoin[], { network }: NetworkJoin) => list.find((each) => each.network === network)
  const changed = after.filter((to) => {
    const from = find(before, to)
    return from !== undefined && joinLine(from) !== joinLine(to)
  })
  return [...after.filter((to) => !find(before, to)).map(join), ...changed.flatMap((to) => [leave(to), join(to)]), ...before.filter((from) => !find(after, from)).map(leave)]
}

function updateBody(before: ContainerSettings, { restart, limits }: ContainerSettings): object {
  const memory = limits.memoryBytes !== before.limits.memoryBytes && limits.memoryBytes
  return {
    RestartPolicy: { Name: restart.policy, MaximumRetryCount: restart.maximumRetries ?? 0 },
    // Docker gives as much swap as memory unless told otherwise, and refuses more memory than both.
    ...(memory && { Memory: memory, MemorySwap: memory * 2 }),
    ...(limits.cpus !== before.limits.cpus && limits.cpus && { NanoCpus: Math.round(limits.cpus * 1e9) }),
    ...(limits.pids !== before.limits.pids && { PidsLimit: limits.pids ?? -1 }),
  }
}
