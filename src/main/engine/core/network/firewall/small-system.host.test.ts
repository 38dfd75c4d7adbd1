import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { parseAddress } from '../ipam/address.ts'
import { compareTable } from './compare-table.ts'
import { renderRuleset, type RulesetInput } from './ruleset.ts'

/** A system without /etc/protocols, as a clean Debian without netbase: nft knows few protocols by name there, and shows numbers. */
const small = '{ test ! -e /etc/protocols || mount --bind /dev/null /etc/protocols; } && exec "$@"'
const runSmall = (words: string[], text: string) => spawnSync('unshare', ['--mount', '--net', '--propagation', 'private', 'sh', '-c', small, 'sh', ...words], { input: text, encoding: 'utf8' })
const input: RulesetInput = {
  table: 'slipway',
  comment: 'test',
  bridges: [{ bridge: 'slipway0', subnets: ['172.17.0.0/16', 'fd00::/64'], internal: false, talking: true, masquerade: true }],
  ports: (['tcp', 'udp', 'sctp'] as const).map((protocol, index) => ({ protocol, hostAddress: undefined, hostPort: 8080 + index, target: parseAddress('172.17.0.2'), targetPort: 80 })),
  separate: ['eth0'],
}

test('the rules are taken', () => {
  expect(runSmall(['nft', '-f', '-'], renderRuleset(input))).toMatchObject({ status: 0, stderr: '' })
})

test('ports that are missing are told by name', async () => {
  const shown = (table: RulesetInput) => runSmall(['sh', '-c', 'nft -f - && nft -j list table inet slipway'], renderRuleset(table)).stdout
  const [should, is] = [shown(input), shown({ ...input, ports: [] })]
  const run = async (_program: string, args: string[], { networkNamespace }: { networkNamespace?: string } = {}) => ({ code: 0, stdout: args[0] === '-j' ? (networkNamespace === 'bridges' ? is : should) : '', stderr: '' })
  const { ports } = await compareTable({ run: run as never }, input, 'empty')
  expect(ports.toSorted((a, b) => a.port - b.port)).toEqual(input.ports.map(({ protocol, hostPort: port }) => ({ protocol, port })))
})
