import { EngineError } from '#shared/errors.ts'
import type { PortMapping } from '../../core/network/sandbox.ts'
import type { HostPortBinding } from './config.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { networkKind } from './network-plan.ts'
import { parsePortBindings } from './port-bindings.ts'
import { isAlive } from './state.ts'

/** Replaces the published ports, of a running container at once and without interrupting those that stay. */
export async function changePorts(ctx: ContainersContext, reference: string, bindings: Record<string, HostPortBinding[] | null>): Promise<PortMapping[]> {
  const { id } = ctx.records.get(reference)
  return await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    if (networkKind(record) !== 'private') throw new EngineError('failed-precondition', `container ${id} has no network of its own: ports cannot be published`, { reason: 'no-private-network' })
    const host = { ...record.host, PortBindings: bindings, PublishAllPorts: false }
    const wishes = parsePortBindings(record.config, host)
    await using undo = new AsyncDisposableStack()
    let ports: PortMapping[] = []
    if (isAlive(record.state)) {
      ports = await ctx.needs.networks.updatePorts(id, wishes)
      undo.defer(async () => void (await ctx.needs.networks.updatePorts(id, record.ports)))
    }
    const exposed = Object.fromEntries(Object.keys(bindings).map((port) => [port.includes('/') ? port : `${port}/tcp`, {}]))
    const changed = { ...record, host, ports, config: { ...record.config, ExposedPorts: { ...record.config.ExposedPorts, ...exposed } } }
    ctx.records.commit(changed)
    undo.move()
    publishContainerEvent(ctx, changed, 'update')
    return ports
  })
}
