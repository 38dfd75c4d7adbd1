import type { Host } from '../../host/host.ts'
import { tryExchange } from '../netlink/exchange.ts'
import { baseChainsIn, FAMILY_INET, FAMILY_IPV4, listChains } from '../netlink/nftables.ts'
import { DEFAULT_TABLE } from './ruleset.ts'

const HOOK_FORWARD = 2

/**
 * Firewalls of others that drop what is forwarded unless a rule of theirs lets it pass: Docker's, ufw's. A packet must pass every base chain of its hook, so no rule of ours
 * can help containers there, and rules of others are not ours to change. What the old iptables (legacy) holds is not seen.
 */
export async function forwardObstacles(host: Pick<Host, 'syscalls' | 'networkNamespace'>): Promise<string[]> {
  const { replies } = await tryExchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'netfilter', messages: [listChains()], about: 'list chains' })
  return baseChainsIn(replies)
    .filter(({ family, hook, policy, table }) => (family === FAMILY_INET || family === FAMILY_IPV4) && hook === HOOK_FORWARD && policy === 'drop' && !table.startsWith(DEFAULT_TABLE))
    .map(({ family, table, chain }) => `The firewall chain ${family === FAMILY_INET ? 'inet' : 'ip'} ${table} ${chain} of another program drops forwarded packets: containers may reach neither the world nor be reached by published ports until it accepts packets from and to their bridges (slipway* and br-*).`)
}
