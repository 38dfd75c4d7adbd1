import type { Host } from '../../host/host.ts'
import { PROTOCOL_NUMBER, renderRuleset, type RulesetInput } from './ruleset.ts'

/** What is not in the kernel as it should be. */
export interface TableDifference {
  /** There is no table. */
  gone: boolean
  /** Ports of the host that lead nowhere, or somewhere else. */
  ports: { protocol: string; port: number }[]
  /** Anything else: sets, chains, rules, ports that nobody publishes. */
  changes: string[]
}

type Shown = Partial<Record<'set' | 'map' | 'chain' | 'rule', { name?: string; chain?: string; handle?: number; elem?: unknown[] }>>

/** Compares the table with what would be written, which is written into a network namespace where nothing else is, so that both are read as nft shows them. */
export async function compareTable(host: Pick<Host, 'run'>, wanted: RulesetInput, emptyNamespace: string): Promise<TableDifference> {
  const list = async (networkNamespace: string) => {
    const { code, stdout } = await host.run('nft', ['-j', 'list', 'table', 'inet', wanted.table], { networkNamespace, allowFailure: true })
    return code === 0 ? partsOf((JSON.parse(stdout) as { nftables: Shown[] }).nftables) : undefined
  }
  await host.run('nft', ['-f', '-'], { input: renderRuleset(wanted), networkNamespace: emptyNamespace })
  const [should, is] = [(await list(emptyNamespace))!, await list('bridges')]
  if (!is) return { gone: true, ports: [], changes: [] }
  const [ports, others] = partition(onlyIn(should, is), ({ part }) => part.startsWith('map ports'))
  return { gone: false, ports: ports.map(({ entry }) => portOf(entry)), changes: [...others, ...onlyIn(is, should)].map(({ part, entry }) => `${part}: ${entry}`) }
}

type Parts = ReadonlyMap<string, ReadonlySet<string>>
interface Part {
  part: string
  entry: string
}

const onlyIn = (these: Parts, those: Parts): Part[] => [...these].flatMap(([part, entries]) => [...entries].filter((entry) => !those.get(part)?.has(entry)).map((entry) => ({ part, entry })))

const partition = <Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] => [items.filter(isFirst), items.filter((item) => !isFirst(item))]

/** Elements by their set or map; rules by their chain, each with its place in it. */
function partsOf(shown: readonly Shown[]): Map<string, Set<string>> {
  const parts = new Map<string, Set<string>>()
  for (const { set, map, chain, rule } of shown) {
    if (rule) {
      const rules = parts.get(`chain ${rule.chain}`)!
      rules.add(`${rules.size} ${textOf(rule)}`)
    }
    if (chain) parts.set(`chain ${chain.name}`, new Set([textOf(chain)]))
    for (const [kind, container] of [['set', set], ['map', map]] as const) if (container) parts.set(`${kind} ${container.name}`, new Set((container.elem ?? []).map((element) => JSON.stringify(element))))
  }
  return parts
}

const textOf = ({ handle: _, ...part }: { handle?: number }) => JSON.stringify(part)

/** The key of an element ends with protocol and port (ruleset.ts). Without /etc/protocols nft shows the protocol's number. */
function portOf(element: string): { protocol: string; port: number } {
  const [{ concat }] = JSON.parse(element) as [{ concat: (string | number)[] }]
  const shown = concat.at(-2)
  const [name] = Object.entries(PROTOCOL_NUMBER).find(([, number]) => number === shown) ?? []
  return { protocol: name ?? String(shown), port: Number(concat.at(-1)) }
}
