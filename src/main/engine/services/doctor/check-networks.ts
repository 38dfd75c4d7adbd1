import { EngineError } from '#shared/errors.ts'
import type { NetworkFault } from '../../core/network/network-fault.ts'
import { runs } from './check-processes.ts'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { seenTwice } from './seen-twice.ts'

/** Bridges, cables, addresses and firewall rules are as the records of networks and of running containers say, and there are no others of this engine. */
export async function* checkNetworks(context: DoctorContext, _checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const { layout, needs, running } = context
  const isLive = (containerId: string) => runs(layout.container(containerId).shimState)
  const look = async () => (await needs.networks.faults(isLive)).flatMap(apart)
  let mended: Promise<NetworkFault[]> | undefined
  const seen = await seenTwice(context, look, signal)
  for (const [fault, found] of withoutRepetition(seen)) {
    if (fault.kind === 'namespace-gone') yield found
    else if (!running) yield { ...found, advice: WITH_ENGINE.has(fault.kind) ? 'Start the engine and check again: it can then be repaired.' : 'The engine sees to it when it starts.' }
    else
      yield {
        ...found,
        async repair() {
          mended ??= needs.networks.mend(isLive).then(look)
          if ((await mended).some((other) => JSON.stringify(other) === JSON.stringify(fault))) throw new EngineError('failed-precondition', 'it is still so; the engine’s log says why.')
        },
      }
  }
}

/** Ports come and go while containers do: only the very change that is still there counts. */
const apart = (fault: NetworkFault): NetworkFault[] => (fault.kind === 'rules-changed' ? fault.changes.map((change) => ({ ...fault, changes: [change] })) : [fault])

const withoutRepetition = (faults: readonly NetworkFault[]) => new Map(faults.map((fault) => [JSON.stringify(inWords(fault)), [fault, inWords(fault)] as const])).values()

/** A container may have done these itself, or they may be somebody's, so an engine that starts leaves them alone. */
const WITH_ENGINE: ReadonlySet<NetworkFault['kind']> = new Set(['interface-gone', 'address-gone', 'stray-cable'])
const AGAIN = 'It can be made again; what works is not interrupted.'
const WRITTEN = 'They can be written again; what works is not interrupted.'
const PLUGGED = 'It can be connected again; what works is not interrupted.'

function inWords(fault: NetworkFault): Found {
  const about = { reason: `network-${fault.kind}` }
  switch (fault.kind) {
    case 'namespace-gone':
      return { ...about, kind: 'container', subject: fault.container, what: `Container ${fault.container} has lost its network.`, advice: `Restart it (docker restart ${fault.container}).` }
    case 'interface-gone':
    case 'cable-loose':
      return { ...about, kind: 'container', subject: fault.container, what: `Container ${fault.container} is cut off from network ${fault.network}.`, advice: PLUGGED }
    case 'address-gone':
      return { ...about, kind: 'container', subject: fault.container, what: `Container ${fault.container} has lost its address ${fault.address} on network ${fault.network}.`, advice: PLUGGED }
    case 'port-gone':
      return { ...about, kind: 'container', subject: fault.container, what: `Port ${fault.port} is published by container ${fault.container}, and does not lead there.`, advice: WRITTEN }
    case 'bridge-gone':
      return { ...about, kind: 'network', subject: fault.network, what: `The bridge of network ${fault.network} (${fault.bridge}) is gone: its containers reach nothing.`, advice: AGAIN }
    case 'bridge-address-gone':
      return { ...about, kind: 'network', subject: fault.network, what: `The bridge of network ${fault.network} (${fault.bridge}) has lost its address ${fault.address}: its containers do not reach the outside.`, advice: AGAIN }
    case 'rules-gone':
      return { ...about, kind: 'network', subject: 'nftables', what: 'The firewall rules of the engine are gone: published ports lead nowhere, and networks are not kept apart.', advice: WRITTEN }
    case 'rules-changed':
      return { ...about, kind: 'network', subject: 'nftables', what: 'The firewall rules of the engine are not those that it wrote: networks may not be kept apart, or not reach the outside.', advice: WRITTEN }
    case 'stray-forward':
      return { ...about, kind: 'leftover', subject: fault.name, what: `Port ${fault.name} of this machine is held for a container that does not have it published.`, advice: 'It can be given back.' }
    default:
      return { ...about, kind: 'leftover', subject: fault.name, what: `The network interface ${fault.name} belongs to no network or container that is recorded.`, advice: 'It can be removed.' }
  }
}
