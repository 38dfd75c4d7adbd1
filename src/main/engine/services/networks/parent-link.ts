import { EngineError, isEngineError } from '#shared/errors.ts'
import { getBridge, removeLinkNamed } from '../../core/network/bridge.ts'
import type { Host } from '../../core/host/host.ts'
import { exchange } from '../../core/network/netlink/exchange.ts'
import { addDummy, addVlan, type Link } from '../../core/network/netlink/links.ts'
import { parentOf } from './driver-options.ts'
import type { NetworkRecord } from './network-record.ts'

type ParentHost = Pick<Host, 'run' | 'syscalls' | 'networkNamespace'>

/**
 * The link a macvlan or ipvlan network hangs on: the one named, an 802.1q sub-interface `eth0.10` that is made when missing, or for a network without
 * parent a dummy, so that its containers reach each other and nobody else.
 */
export async function ensureParent(host: ParentHost, network: NetworkRecord): Promise<Link> {
  const name = parentName(network)
  const found = await findLink(host, name)
  if (found) return found
  const vlan = /^(.+)\.(\d{1,4})$/.exec(name)
  const message = parentOf(network) === undefined ? addDummy(name) : vlan ? addVlan({ name, parentIndex: (await getParent(host, network, vlan[1]!)).index, id: Number(vlan[2]) }) : undefined
  if (!message) throw new EngineError('not-found', `${network.driver}: parent interface ${name} not found`, { reason: 'no-parent', hint: 'Name an interface of this machine with -o parent=…' })
  await exchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'route', messages: [message], about: `create ${name}` }).catch((cause: unknown) => {
    throw isEngineError(cause) && cause.reason === 'ENOTSUP' ? new EngineError('failed-precondition', `${network.driver}: no parent interface can be made: operation not supported`, { reason: 'no-parent', hint: 'The kernel of this machine has no links of that kind: name an interface that is there with -o parent=…', cause }) : cause
  })
  return await getParent(host, network, name)
}

/** Removes a parent that the engine made. */
export async function removeParent(host: ParentHost, network: NetworkRecord): Promise<void> {
  if (parentOf(network) === undefined) await removeLinkNamed(host, parentName(network))
}

const parentName = (network: NetworkRecord) => parentOf(network) ?? `${network.driver === 'ipvlan' ? 'di' : 'dm'}-${network.id.slice(0, 12)}`

async function getParent(host: ParentHost, network: NetworkRecord, name: string): Promise<Link> {
  const found = await findLink(host, name)
  if (!found) throw new EngineError('not-found', `${network.driver}: parent interface ${name} not found`, { reason: 'no-parent' })
  return found
}

async function findLink(host: ParentHost, name: string): Promise<Link | undefined> {
  try {
    return await getBridge(host, name)
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined
    throw error
  }
}
