import { KeyedMutex } from '#base/keyed-mutex.ts'
import type { Host } from '../../host/host.ts'
import { tryExchange } from '../netlink/exchange.ts'
import { forgetUdpPort, forgetUdpTarget } from '../netlink/conntrack.ts'
import { addElements, inOneBatch, removeElements } from '../netlink/nftables.ts'
import { elementsByMap, portKey, renderRemoval, renderRuleset, samePort, type BridgeRules, type PublishedPort } from './ruleset.ts'

/**
 * Keeps the kernel's table equal to what it was told.
 *
 * Networks change rarely: the table is rewritten by `nft -f`. Ports change with containers: a few elements are sent by netlink, in one
 * transaction, without a process. Should that fail because another program took the table away, everything is written anew.
 */
export interface Firewall {
  addBridge(rules: BridgeRules): Promise<void>
  removeBridge(bridge: string): Promise<void>
  /** Takes `remove` out and puts `add` in at one instant; what is in both is not touched. */
  changePorts(change: { add?: readonly PublishedPort[]; remove?: readonly PublishedPort[] }): Promise<void>
  /** Sets everything at once, as after a start of the engine. */
  reset(state: { bridges: readonly BridgeRules[]; ports: readonly PublishedPort[]; separate: readonly string[] }): Promise<void>
  /** Writes the table again, because it is gone or was changed. */
  reinstall(): Promise<void>
  /** Takes the table away. */
  remove(): Promise<void>
  /** How often the engine itself has taken the table away while rewriting it: what a watcher need not worry about. */
  readonly rewrites: number
}

export function createFirewall(host: Pick<Host, 'run' | 'syscalls' | 'networkNamespace'>, table: string): Firewall {
  const mutex = new KeyedMutex()
  const bridges = new Map<string, BridgeRules>()
  const ports = new Map<string, PublishedPort>()
  let separate: readonly string[] = []
  let rewrites = 0
  const nft = (input: string) => {
    rewrites++
    return host.run('nft', ['-f', '-'], { input, networkNamespace: 'bridges' })
  }
  const rewrite = async () => void (await nft(renderRuleset({ table, bridges: [...bridges.values()], ports: [...ports.values()], separate })))
  const exclusively = <Result>(work: () => Promise<Result>) => mutex.run(table, work)

  async function changePorts({ add = [], remove = [] }: { add?: readonly PublishedPort[]; remove?: readonly PublishedPort[] }) {
    const wanted = new Map(add.map((port) => [portKey(port), port]))
    const leaving = remove.filter((port) => ports.has(portKey(port)) && !keeps(wanted.get(portKey(port)), port))
    const coming = add.filter((port) => !keeps(ports.get(portKey(port)), port))
    for (const port of leaving) ports.delete(portKey(port))
    for (const port of coming) ports.set(portKey(port), port)
    if (leaving.length + coming.length === 0) return
    const messages = inOneBatch([
      ...elementsByMap(leaving).flatMap(({ name, elements }) => removeElements({ table, name }, elements)),
      ...elementsByMap(coming).flatMap(({ name, elements }) => addElements({ table, name }, elements)),
    ])
    const { failures } = await tryExchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'netfilter', messages, about: 'publish ports' })
    if (failures.length > 0) await rewrite()
    await forgetFlows(leaving, coming)
  }

  /** Best effort: an older kernel cannot filter, and then flows fade by themselves after at most three minutes. */
  async function forgetFlows(leaving: readonly PublishedPort[], coming: readonly PublishedPort[]) {
    const udp = (list: readonly PublishedPort[]) => list.filter(({ protocol }) => protocol === 'udp')
    const messages = [...udp(leaving).map(({ target }) => forgetUdpTarget(target)), ...udp(coming).flatMap(({ hostPort }) => forgetUdpPort(hostPort))]
    if (messages.length > 0) await tryExchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'netfilter', messages: messages.slice(0, 1024), about: 'forget UDP flows' })
  }

  return {
    addBridge: (rules) =>
      exclusively(async () => {
        bridges.set(rules.bridge, rules)
        await rewrite()
      }),
    removeBridge: (bridge) =>
      exclusively(async () => {
        if (bridges.delete(bridge)) await rewrite()
      }),
    changePorts: (change) => exclusively(() => changePorts(change)),
    reset: (state) =>
      exclusively(async () => {
        bridges.clear()
        ports.clear()
        for (const rules of state.bridges) bridges.set(rules.bridge, rules)
        for (const port of state.ports) ports.set(portKey(port), port)
        separate = state.separate
        await rewrite()
      }),
    reinstall: () => exclusively(rewrite),
    remove: () => exclusively(async () => void (await nft(renderRemoval(table)))),
    get rewrites() {
      return rewrites
    },
  }
}

const keeps = (one: PublishedPort | undefined, other: PublishedPort) => one !== undefined && samePort(one, other)
