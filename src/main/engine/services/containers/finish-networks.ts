import { isDeepStrictEqual } from 'node:util'
import { isEngineError, messageOf } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { rewriteNameFiles } from './name-files.ts'
import { endpointRequestOf, networkKind } from './network-plan.ts'
import { parsePortBindings } from './port-bindings.ts'
import type { ContainerRecord } from './record.ts'

/**
 * Makes the networks and ports of a running container those of its record. A connection or disconnection changes that first, other ports do so last: an engine that was
 * cut in one left the rest undone. Whoever asked was told nothing, so a connection that cannot be made any more is taken back.
 */
export async function finishNetworks(ctx: ContainersContext, { id }: ContainerRecord): Promise<void> {
  const record = ctx.records.get(id)
  if (networkKind(record) !== 'private') return
  await finishEndpoints(ctx, record)
  await finishPorts(ctx, ctx.records.get(id))
}

async function finishEndpoints(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  const { id } = record
  const joined = ctx.needs.networks.findSandbox(id)?.endpoints.map(({ networkId }) => networkId)
  if (joined === undefined) return
  const wanted = new Map(Object.keys(record.endpoints).map((name) => [networkIdOf(ctx, name), name]))
  const [left, missing] = [joined.filter((networkId) => !wanted.has(networkId)), [...wanted].filter(([networkId]) => networkId === undefined || !joined.includes(networkId))]
  if (left.length === 0 && missing.length === 0) return
  for (const networkId of left) await ctx.needs.networks.disconnectEndpoint(id, networkId)
  for (const [networkId, name] of missing) await connect(ctx, record, name, networkId).catch((error: unknown) => takeBack(ctx, id, name, error))
  await rewriteNameFiles(ctx, id)
}

/** Undefined for one that is not there any more. */
function networkIdOf({ needs }: ContainersContext, name: string): string | undefined {
  try {
    return needs.networks.get(name).id
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined
    throw error
  }
}

async function connect(ctx: ContainersContext, record: ContainerRecord, name: string, networkId = name): Promise<void> {
  await ctx.needs.networks.connectEndpoint(record.id, endpointRequestOf(ctx, record, networkId, record.endpoints[name] ?? {}))
}

function takeBack(ctx: ContainersContext, id: string, name: string, error: unknown): void {
  ctx.log(`container ${id}: its connection to ${name}, which was cut, could not be made: ${messageOf(error)}`)
  const record = ctx.records.get(id)
  const { [name]: _, ...endpoints } = record.endpoints
  ctx.records.commit({ ...record, endpoints })
}

/** Where it has none yet, those that it was made with: a network that it joined may have made them possible. */
async function finishPorts(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  const now = ctx.needs.networks.findSandbox(record.id)?.ports
  const wanted = record.ports.length > 0 ? record.ports : parsePortBindings(record.config, record.host)
  if (now === undefined || isDeepStrictEqual(now, record.ports)) return
  ctx.records.commit({ ...record, ports: await ctx.needs.networks.updatePorts(record.id, wanted) })
}
