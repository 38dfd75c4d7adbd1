import { existsSync, readdirSync } from 'node:fs'
import { bootId } from '#base/boot-id.ts'
import { readNetSysctl, writeNetSysctl } from '../../core/network/sysctl.ts'
import type { NetworkRecord } from './network-record.ts'
import type { NetworksState } from './state.ts'

/** What the engine changed on this boot of the machine. */
interface ForwardingRecord {
  bootId: string
  /** Physical interfaces between which the machine did not forward until the engine asked it to. */
  separate: string[]
}

const KEY = 'forwarding'
const IPV4 = 'ipv4/ip_forward'
const IPV6 = 'ipv6/conf/all/forwarding'

/**
 * Lets the kernel forward, which bridge networks need; told in the log when it was off. A machine that did not forward before still does
 * not do so between its own interfaces: the firewall keeps those apart.
 */
export async function ensureForwarding(state: NetworksState, network: Pick<NetworkRecord, 'ipv6'>): Promise<void> {
  const { host } = state.context
  if (host.networkNamespace !== undefined) return await writeNetSysctl(host, network.ipv6 ? [IPV4, IPV6] : [IPV4], '1')
  if ((await readNetSysctl(IPV4)) !== '1') {
    recordSeparation(state)
    await writeNetSysctl(host, [IPV4], '1')
    state.context.log('network: switched on net.ipv4.ip_forward; containers need it to reach the world')
  }
  if (network.ipv6 && (await readNetSysctl(IPV6)) !== '1') await forwardIpv6(state)
}

/** A router ignores router advertisements unless told to heed them all the same (accept_ra=2), and would lose its own way out. */
async function forwardIpv6({ context: { host, log } }: NetworksState) {
  for (const name of readdirSync('/proc/sys/net/ipv6/conf')) {
    const setting = `ipv6/conf/${name}/accept_ra`
    if (name !== 'all' && (await readNetSysctl(setting)) === '1') await writeNetSysctl(host, [setting], '2')
  }
  await writeNetSysctl(host, [IPV6], '1')
  log('network: switched on net.ipv6.conf.all.forwarding for a network with IPv6')
}

function recordSeparation(state: NetworksState) {
  const separate = readdirSync('/sys/class/net').filter((name) => existsSync(`/sys/class/net/${name}/device`))
  recordsOf(state).put(KEY, { bootId: bootId(), separate })
}

/** Interfaces to keep apart, if the engine switched forwarding on during this boot. */
export function separateInterfaces(state: NetworksState): string[] {
  const record = recordsOf(state).find(KEY)
  return record?.bootId === bootId() ? record.separate : []
}

const recordsOf = (state: NetworksState) => state.context.metadata.collection<ForwardingRecord>('network-host')
