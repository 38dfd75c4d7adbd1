import { readFile, stat } from 'node:fs/promises'
import { messageOf } from '#shared/errors.ts'
import { listHostLinks, removeLinkNamed } from '../../core/network/bridge.ts'
import type { Link } from '../../core/network/netlink/links.ts'
import { FAMILY_INET, inOneBatch, removeTable } from '../../core/network/netlink/nftables.ts'
import { tryExchange } from '../../core/network/netlink/exchange.ts'
import { DEFAULT_TABLE } from '../../core/network/firewall/ruleset.ts'
import type { NetworksContext } from './context.ts'
import type { NetworksState } from './state.ts'

/**
 * Whose a bridge is.
 *
 * An engine that is killed leaves its bridges, which is right while its containers run. One that never comes back, with its data gone, would leave
 * them for good, each with a subnet that nobody else can have. So every bridge carries the name of its engine's table and the path of the lock that
 * the engine holds as long as it lives; an engine that starts removes bridges without containers whose engine is dead. If that one does come back, it makes
 * them anew.
 */
const MARK = 'slipway'

export const tableOf = (instance: string): string => (instance === '' ? DEFAULT_TABLE : `${DEFAULT_TABLE}-${instance}`)
export const ownerAlias = ({ instance, lockFile }: Pick<NetworksContext, 'instance' | 'lockFile'>): string => [MARK, tableOf(instance), lockFile].join(' ')

/** Whether a bridge with that note was made by this engine, now or in an earlier life. */
export const isOwnAlias = ({ instance }: Pick<NetworksContext, 'instance'>, alias: string | undefined): boolean => alias?.startsWith(`${MARK} ${tableOf(instance)} `) === true

/** Removes what dead engines left, and bridges of this one's that no record knows any more. */
export async function sweepBridges(state: NetworksState, wanted: ReadonlySet<string>): Promise<void> {
  const { context } = state
  const links = await listHostLinks(context.host)
  const owned = links.filter(({ kind }) => kind === 'bridge').flatMap((link) => ownershipOf(link))
  const busy = new Set(links.map(({ masterIndex }) => masterIndex))
  for (const [alias, group] of Map.groupBy(owned, ({ link }) => link.alias ?? '')) {
    const isOwn = isOwnAlias(context, alias)
    if (!isOwn && (await isHeld(group[0]!.lockFile))) continue
    const idle = group.filter(({ link }) => !busy.has(link.index) && !(isOwn && wanted.has(link.name)))
    for (const { link } of idle) await removeLinkNamed(context.host, link.name).catch((error: unknown) => context.log(`network: ${messageOf(error)}`))
    if (!isOwn && idle.length === group.length) await dropTable(context, group[0]!.table)
  }
}

interface Ownership {
  link: Link
  table: string
  lockFile: string
}

function ownershipOf(link: Link): Ownership[] {
  const [mark, table, ...path] = (link.alias ?? '').split(' ')
  return mark === MARK && table?.startsWith(DEFAULT_TABLE) && path.length > 0 ? [{ link, table, lockFile: path.join(' ') }] : []
}

/** Whether some process holds a lock on the file: proc(5), /proc/locks. Looking does not take the lock, as trying it would. */
async function isHeld(lockFile: string): Promise<boolean> {
  const file = await stat(lockFile, { bigint: true }).catch(() => undefined)
  if (!file) return false
  const locks = await readFile('/proc/locks', 'utf8')
  return locks.split('\n').some((line) => line.includes(' FLOCK ') && line.includes(`:${file.ino} `))
}

async function dropTable({ host }: NetworksContext, table: string) {
  await tryExchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'netfilter', messages: inOneBatch([removeTable(FAMILY_INET, table)]), about: 'remove a table' })
}
