import { EngineError } from '#shared/errors.ts'
import type { EndpointSettings } from './config.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { rewriteNameFiles } from './name-files.ts'
import { endpointRequestOf, networkKind } from './network-plan.ts'
import { parsePortBindings } from './port-bindings.ts'
import type { ContainerRecord } from './record.ts'
import { isAlive } from './state.ts'

/** Joins a container to one more network, while it runs too. The networks service tells about it; of a stopped container, which is on no network yet, only `update` is told (Docker: nothing). */
export async function connectNetwork(ctx: ContainersContext, reference: string, network: string, settings: EndpointSettings): Promise<void> {
  const { id } = ctx.records.get(reference)
  await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    const { name, id: networkId } = ctx.needs.networks.get(network)
    refuseUnlessPrivate(record)
    if (name === 'host') throw hostNetworkStays()
    if (name === 'none') throw new EngineError('invalid-argument', 'container cannot be connected to multiple networks with one of the networks in private (none) mode', { reason: 'none-network' })
    const joined = name in record.endpoints || networkId in record.endpoints
    // Of a container that does not run it is a plan, which may change.
    if (joined && isAlive(record.state)) throw new EngineError('forbidden', `endpoint with name ${record.name} already exists in network ${name}`, { reason: 'already-connected' })
    ctx.needs.networks.checkEndpoint(endpointRequestOf(ctx, record, networkId, settings), { joining: true })
    await recorded(ctx, record, { ...record, endpoints: { ...record.endpoints, [networkId in record.endpoints ? networkId : name]: settings } }, async (undo) => {
      if (!isAlive(record.state)) return publishContainerEvent(ctx, record, 'update')
      const { networks } = ctx.needs
      await networks.connectEndpoint(id, endpointRequestOf(ctx, record, networkId, settings))
      undo.defer(() => networks.disconnectEndpoint(id, networkId))
      await publishPorts(ctx, id, undo)
      await rewriteNameFiles(ctx, id)
    })
  })
}

export async function disconnectNetwork(ctx: ContainersContext, reference: string, network: string): Promise<void> {
  const { id } = ctx.records.get(reference)
  await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    const { name, id: networkId } = ctx.needs.networks.get(network)
    if (networkKind(record) === 'host' && name === 'host') throw hostNetworkStays()
    const key = [name, networkId].find((candidate) => candidate in record.endpoints)
    if (key === undefined) throw new EngineError('forbidden', `container ${id} is not connected to network ${name}`, { reason: 'not-connected' })
    const { [key]: _left, ...endpoints } = record.endpoints
    await recorded(ctx, record, { ...record, endpoints }, async () => {
      if (!isAlive(record.state)) return publishContainerEvent(ctx, record, 'update')
      await ctx.needs.networks.disconnectEndpoint(id, networkId)
      await rewriteNameFiles(ctx, id)
    })
  })
}

/** Nothing could be published while all its networks were internal; what it was made with may be now. */
async function publishPorts(ctx: ContainersContext, id: string, undo: AsyncDisposableStack): Promise<void> {
  const record = ctx.records.get(id)
  const wishes = parsePortBindings(record.config, record.host)
  if (wishes.length === 0 || record.ports.length > 0) return
  const { networks } = ctx.needs
  const ports = await networks.updatePorts(id, wishes)
  undo.defer(async () => void (await networks.updatePorts(id, [])))
  ctx.records.commit({ ...record, ports })
}

/** The record is durable before the networks service tells of the change: who lists because of the event sees it. */
async function recorded(ctx: ContainersContext, before: ContainerRecord, after: ContainerRecord, act: (undo: AsyncDisposableStack) => Promise<void>): Promise<void> {
  await using undo = new AsyncDisposableStack()
  ctx.records.commit(after)
  undo.defer(() => ctx.records.commit(before))
  await act(undo)
  undo.move()
}

function refuseUnlessPrivate(record: ContainerRecord): void {
  const kind = networkKind(record)
  if (kind === 'joined' || kind === 'host') throw new EngineError('invalid-argument', 'container sharing network namespace with another container or host cannot be connected to any other network', { reason: 'shared-network' })
}

const hostNetworkStays = () => new EngineError('invalid-argument', 'container cannot be disconnected from host network or connected to host network', { reason: 'host-network' })
