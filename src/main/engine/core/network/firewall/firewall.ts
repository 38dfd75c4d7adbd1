import { KeyedMutex } from '#base/keyed-mutex.ts'
import { messageOf } from '#shared/errors.ts'
import type { Host } from '../../host/host.ts'
import { tryExchange } from '../netlink/exchange.ts'
import type { NetlinkMessage } from '../netlink/message.ts'
import { createTableGuard } from './table-guard.ts'
import { createPortTable, differenceMessages, flowMessages, type PortChange } from './port-table.ts'
import { renderRemoval, renderRuleset, ruleCount, type BridgeRules, type PublishedPort } from './ruleset.ts'

/**
 * Keeps the kernel's table equal to what it was told.
 *
 * Networks change rarely: the table is rewritten by `nft -f`. Ports change with containers: a few elements are sent by netlink, in one
 * transaction, without a process. The kernel tells when another program takes the table away (firewalls like to flush everything when they reload), and then
 * it is written anew.
 */
export interface Firewall extends Disposable {
  addBridge(rules: BridgeRules): Promise<void>
  removeBridge(bridge: string): Promise<void>
  /** Takes `remove` out and puts `add` in at one instant; what is in both is not touched. */
  changePorts(change: PortChange): Promise<void>
  /**
   * Takes ports out without keeping the caller waiting: the kernel lets every packet under way finish first, which takes it some 15 ms. Removals
   * that come meanwhile are done together. A port that is added again in between is not lost.
   */
  removePortsSoon(ports: readonly PublishedPort[]): void
  /** When all that was asked for has been done. */
  settled(): Promise<void>
  /** Sets everything at once, as after a start of the engine. */
  reset(state: { bridges: readonly BridgeRules[]; ports: readonly PublishedPort[]; separate: readonly string[] }): Promise<void>
  /** Writes the table again as it should be. */
  rewrite(): Promise<void>
  /** From now on writes the table again whenever another program took it, or rules of it, away. */
  guard(): void
  /** Takes the table away and guards it no longer. */
  remove(): Promise<void>
}

type FirewallHost = Pick<Host, 'run' | 'syscalls' | 'networkNamespace'>

export interface FirewallOptions {
  table: string
  comment: string
  log?: (line: string) => void
}

export function createFirewall(host: FirewallHost, { table, comment, log = () => {} }: FirewallOptions): Firewall {
  const mutex = new KeyedMutex()
  const exclusively = <Result>(work: () => Promise<Result>) => mutex.run(table, work)
  const bridges = new Map<string, BridgeRules>()
  const ports = createPortTable()
  let separate: readonly string[] = []
  /** To be taken out at the next opportunity, unless something else has their place by then. */
  let doomed: PublishedPort[] = []

  const nft = (input: string) => host.run('nft', ['-f', '-'], { input, networkNamespace: 'bridges' })
  async function rewrite() {
    const text = renderRuleset({ table, comment, bridges: [...bridges.values()], ports: ports.list(), separate })
    guard.expect(ruleCount(text))
    await nft(text)
  }
  const guard = createTableGuard(host, table, (mend) => void exclusively(() => mend(rewrite)).catch((error: unknown) => log(`firewall: ${messageOf(error)}`)), log)

  async function changePorts(change: PortChange) {
    const difference = ports.change(change)
    if (difference.leaving.length + difference.coming.length === 0) return
    if (!(await send(host, differenceMessages(table, difference)))) await rewrite()
    // Best effort: a kernel before 5.8 cannot filter, and then flows fade by themselves after at most three minutes.
    const flows = flowMessages(difference)
    if (flows.length > 0) await send(host, flows)
  }
  async function removeDoomed() {
    const remove = doomed
    doomed = []
    await changePorts({ remove }).catch((error: unknown) => log(`firewall: ${messageOf(error)}`))
  }
  const changeBridges = (change: () => boolean) => exclusively(async () => (change() ? await rewrite() : undefined))

  return {
    addBridge: (rules) => changeBridges(() => Boolean(bridges.set(rules.bridge, rules))),
    removeBridge: (bridge) => changeBridges(() => bridges.delete(bridge)),
    changePorts: (change) => exclusively(() => changePorts(change)),
    removePortsSoon(removed) {
      doomed.push(...removed)
      if (removed.length > 0 && doomed.length === removed.length) void exclusively(removeDoomed)
    },
    settled: () => exclusively(async () => {}),
    reset: (state) =>
      exclusively(async () => {
        bridges.clear()
        for (const rules of state.bridges) bridges.set(rules.bridge, rules)
        ports.set(state.ports)
        separate = state.separate
        await rewrite()
      }),
    rewrite: () => exclusively(rewrite),
    guard: () => guard.start(),
    remove: () =>
      exclusively(async () => {
        guard.stop()
        await nft(renderRemoval(table))
      }),
    [Symbol.dispose]: () => guard.stop(),
  }
}

/** Whether all of it was done. */
async function send(host: FirewallHost, messages: readonly NetlinkMessage[]): Promise<boolean> {
  const { failures } = await tryExchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'netfilter', messages, about: 'change the firewall' })
  return failures.length === 0
}
