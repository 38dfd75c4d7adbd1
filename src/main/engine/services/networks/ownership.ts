import { readFile, stat } from 'node:fs/promises'
import { messageOf } from '#shared/errors.ts'
import { listHostLinks, removeLinkNamed } from '../../core/network/bridge.ts'
import { DEFAULT_TABLE } from '../../core/network/firewall/ruleset.ts'
import { firewallLack } from '../../core/network/firewall/no-firewall.ts'
import { exchange, tryExchange } from '../../core/network/netlink/exchange.ts'
import type { Link } from '../../core/network/netlink/links.ts'
import { FAMILY_INET, inOneBatch, listTables, removeTable, tablesIn } from '../../core/network/netlink/nftables.ts'
import type { NetworksContext } from './context.ts'
import type { NetworksState } from './state.ts'

/**
 * Whose a bridge is, and a table.
 *
 * An engine that is killed leaves its bridges and rules, which is right while its containers run. One that never comes back, with its data gone, would leave
 * them for good, each bridge with a subnet that nobody else can have. So both carry a note: the name of the engine's table, and the path of the lock that the engine
 * holds as long as it lives. An engine that starts removes what has no containers and whose engine is dead. If that one does come back, it makes all of it anew.
 */
const MARK = 'slipway'

export const tableOf = (instance: string): string => (instance === '' ? DEFAULT_TABLE : `${DEFAULT_TABLE}-${instance}`)
export const ownerNote = ({ instance, lockFile }: Pick<NetworksContext, 'instance' | 'lockFile'>): string => [MARK, tableOf(instance), lockFile].join(' ')

/** Whether the note was made by this engine, now or in an earlier life. */
export const isOwnNote = ({ instance }: Pick<NetworksContext, 'instance'>, note: string | undefined): boolean => note?.startsWith(`${MARK} ${tableOf(instance)} `) === true

/** Removes what dead engines left, and bridges of this one's that no record knows any more (`wanted` are the names that one does). */
export async function sweepDeadEngines(state: NetworksState, wanted: ReadonlySet<string>): Promise<void> {
  const { context } = state
  const links = await listHostLinks(context.host)
  const busy = new Set(links.map(({ masterIndex }) => masterIndex))
  const bridges = links.filter(({ kind, alias }) => kind === 'bridge' && lockFileIn(alias) !== undefined)
  const idle = bridges.filter(({ index, name, alias }) => !busy.has(index) && !(isOwnNote(context, alias) && wanted.has(name)))
  const removable = await whereAsync(idle, async ({ alias }) => isOwnNote(context, alias) || !(await isHeld(lockFileIn(alias)!)))
  for (const { name } of removable) await removeLinkNamed(context.host, name).catch((error: unknown) => context.log(`network: ${messageOf(error)}`))
  await sweepTables(context, bridges.filter((bridge) => !removable.includes(bridge)))
}

/** Tables whose engine is dead and has no bridge left. */
async function sweepTables(context: NetworksContext, bridges: readonly Link[]) {
  if (firewallLack(context.host)) return
  const { syscalls, networkNamespace: namespace } = context.host
  const tables = tablesIn(await exchange(syscalls, { namespace, protocol: 'netfilter', messages: [listTables(FAMILY_INET)], about: 'list tables' }))
  const others = tables.filter(({ comment }) => lockFileIn(comment) !== undefined && !isOwnNote(context, comment) && !bridges.some(({ alias }) => alias === comment))
  const dead = await whereAsync(others, async ({ comment }) => !(await isHeld(lockFileIn(comment)!)))
  for (const { name } of dead) await tryExchange(syscalls, { namespace, protocol: 'netfilter', messages: inOneBatch([removeTable(FAMILY_INET, name)]), about: 'remove a table' })
}

function lockFileIn(note: string | undefined): string | undefined {
  const [mark, table, ...path] = (note ?? '').split(' ')
  return mark === MARK && table?.startsWith(DEFAULT_TABLE) && path.length > 0 ? path.join(' ') : undefined
}

/** Whether some process holds a lock on the file: proc(5), /proc/locks. Looking does not take the lock, as trying it would. */
async function isHeld(lockFile: string): Promise<boolean> {
  const file = await stat(lockFile, { bigint: true }).catch(() => undefined)
  if (!file) return false
  const locks = await readFile('/proc/locks', 'utf8')
  return locks.split('\n').some((line) => line.includes(' FLOCK ') && line.includes(`:${file.ino} `))
}

async function whereAsync<Item>(items: readonly Item[], test: (item: Item) => Promise<boolean>): Promise<Item[]> {
  const kept = await Promise.all(items.map(test))
  return items.filter((_item, index) => kept[index])
}
