import { expect, test } from 'vitest'
import { checkEndpoint, checkFirstEndpoint } from './check-endpoint.ts'
import type { NetworkRecord } from './network-record.ts'

const network = (more: Partial<NetworkRecord> = {}): NetworkRecord => ({ id: 'n', name: 'blue', driver: 'bridge', createdAt: '', scope: 'local', internal: false, attachable: false, ipv4: true, ipv6: false, ipamDriver: 'default', ipamOptions: {}, subnets: [{ subnet: '10.1.0.0/24' }], options: {}, labels: {}, ...more })
const DEFAULT_BRIDGE = network({ options: { 'com.docker.network.bridge.default_bridge': 'true' } })

test('what a network can give is not refused', () => {
  checkEndpoint(network(), { aliases: ['a'], ipv4: '10.1.0.9', macAddress: '02:42:ac:11:00:99' })
  checkEndpoint(network({ driver: 'host', subnets: [] }), { aliases: [] })
  checkEndpoint(DEFAULT_BRIDGE, { aliases: [] })
})

test.for([
  ['no configured subnet or ip-range contain the IP address 10.9.0.1', network(), { ipv4: '10.9.0.1' }],
  ['* invalid IPv4 address: abc\n* no configured subnet or ip-range contain the IP address abc', network(), { ipv4: 'abc' }],
  ['* invalid IPv6 address: 10.0.0.1\n* no configured', network(), { ipv6: '10.0.0.1' }],
  ['only when connecting to networks with user configured subnets', network({ subnets: [{ subnet: '10.1.0.0/24', chosen: true }] }), { ipv4: '10.1.0.9' }],
  ['network-scoped alias is supported only for containers in user defined networks', DEFAULT_BRIDGE, { aliases: ['a'] }],
  ['user specified IP address is supported on user defined networks only', DEFAULT_BRIDGE, { ipv4: '10.1.0.9' }],
  ['invalid MAC address: zz', network(), { macAddress: 'zz' }],
] as const)('%s', ([message, onto, wish]) => {
  const request = { ...wish, aliases: 'aliases' in wish ? [...wish.aliases] : [] }
  expect(() => checkEndpoint(onto, request)).toThrow(message)
  expect(() => checkFirstEndpoint(onto, request)).toThrow(`invalid config for network blue: ${message.startsWith('invalid MAC') ? '' : 'invalid endpoint settings:\n'}`)
})
