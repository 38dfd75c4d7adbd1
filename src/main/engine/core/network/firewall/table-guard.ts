import type { Host } from '../../host/host.ts'
import { tryExchange } from '../netlink/exchange.ts'
import { decodeAttributes, decodeMessages, readText } from '../netlink/message.ts'
import { FAMILY_INET, isRule, listRules, REMOVALS } from '../netlink/nftables.ts'

/** Notifications about nftables: NFNLGRP_NFTABLES in include/uapi/linux/netfilter/nfnetlink.h. */
const GROUP = 7
const NETFILTER = 12

type GuardHost = Pick<Host, 'syscalls' | 'networkNamespace'>

/**
 * Notices when another program takes the table, a chain or a rule of it away: `nft flush ruleset`, the reload of another firewall. The kernel tells; nothing is
 * asked until it does. The engine's own rewriting is told as well, so there is a look at the rules before anything is done.
 */
export interface TableGuard {
  start(): void
  stop(): void
  /** How many rules the table is to have. */
  expect(rules: number): void
}

/** `schedule` gets work to be done when nobody else changes the table, which in turn gets the way to write it again. */
export function createTableGuard(host: GuardHost, table: string, schedule: (mend: (rewrite: () => Promise<void>) => Promise<void>) => void, log: (line: string) => void): TableGuard {
  let rules: number | undefined
  let watch: Disposable | undefined
  let waiting = false
  async function mend(rewrite: () => Promise<void>) {
    waiting = false
    if (watch === undefined || (await countRules(host, table)) === rules) return
    log(`firewall: another program removed rules of the table ${table}; writing it again`)
    await rewrite()
  }
  function notice(datagram: Uint8Array) {
    if (waiting || !tellsOfRemoval(datagram, table)) return
    waiting = true
    schedule(mend)
  }
  return {
    start: () => void (watch ??= host.syscalls.watchNetlink(host.networkNamespace, NETFILTER, GROUP, notice)),
    stop() {
      watch?.[Symbol.dispose]()
      watch = undefined
    },
    expect(wanted) {
      rules = wanted
    },
  }
}

/** An empty datagram stands for some that were lost. */
const tellsOfRemoval = (datagram: Uint8Array, table: string) => datagram.length === 0 || decodeMessages(datagram).some(({ type, body }) => REMOVALS.has(type) && nameOf(body) === table)

/** Every such message has the table's name as its first attribute, after the four bytes of struct nfgenmsg. */
const nameOf = (body: Uint8Array) => readText(decodeAttributes(body.subarray(4)).get(1) ?? new Uint8Array())

/** How many rules the table has; undefined when there is no such table. */
async function countRules(host: GuardHost, table: string): Promise<number | undefined> {
  const { replies, failures } = await tryExchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'netfilter', messages: [listRules(FAMILY_INET, table)], about: 'list rules' })
  return failures.length > 0 ? undefined : replies.filter(isRule).length
}
