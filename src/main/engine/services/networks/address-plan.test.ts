import { expect, test } from 'vitest'
import { parseCidr } from '../../core/network/ipam/address.ts'
import { planAddresses, type AddressPlanInput } from './address-plan.ts'

const plan = (config: AddressPlanInput['config'], more: Partial<AddressPlanInput> = {}) => planAddresses({ config, ipv4: true, ipv6: false, networks: [], routes: [], globalId: 1n, inventsGateway: true, ...more })

test('nothing wished: a free subnet with its first address as gateway', () => {
  expect(plan([])).toEqual([{ subnet: '172.17.0.0/16', gateway: '172.17.0.1', chosen: true }])
  expect(plan([], { routes: [parseCidr('172.17.0.0/16')], networks: [parseCidr('172.18.0.0/16')] })[0]!.subnet).toBe('172.19.0.0/16')
  expect(plan([], { ipv6: true }).map(({ subnet }) => subnet)).toEqual(['172.17.0.0/16', 'fd00:0:1::/64'])
  expect(plan([], { ipv4: false, ipv6: true }).map(({ subnet }) => subnet)).toEqual(['fd00:0:1::/64'])
  expect(plan([], { inventsGateway: false })[0]!.gateway).toBeUndefined()
})

test('what is wished is kept, and completed', () => {
  expect(plan([{ subnet: '10.1.0.0/16', ipRange: '10.1.5.0/24', gateway: '10.1.0.9', auxiliaryAddresses: { router: '10.1.0.2' } }])).toEqual([{ subnet: '10.1.0.0/16', ipRange: '10.1.5.0/24', gateway: '10.1.0.9', auxiliaryAddresses: { router: '10.1.0.2' } }])
  expect(plan([{ subnet: '10.1.0.0/24', auxiliaryAddresses: { a: '10.1.0.1' } }])[0]!.gateway).toBe('10.1.0.2')
  expect(plan([{ subnet: '10.1.0.0/24' }, { subnet: '10.2.0.0/24' }]).map(({ gateway }) => gateway)).toEqual(['10.1.0.1', '10.2.0.1'])
  // A wished subnet may be where the host has a route: the user knows better.
  expect(plan([{ subnet: '10.1.0.0/24' }], { routes: [parseCidr('10.0.0.0/8')] })).toHaveLength(1)
  expect(plan([{ subnet: 'fd00:9::/64' }])).toEqual([{ subnet: '172.17.0.0/16', gateway: '172.17.0.1', chosen: true }])
})

test('what cannot be is refused in words that clients know', () => {
  const refused = (config: AddressPlanInput['config'], message: string, more: Partial<AddressPlanInput> = {}) => expect(() => plan(config, more)).toThrow(message)
  refused([{ subnet: '10.1.0.0/16' }], 'Pool overlaps with other one on this address space', { networks: [parseCidr('10.0.0.0/8')] })
  refused([{ subnet: '10.1.0.0/16' }, { subnet: '10.1.2.0/24' }], 'Pool overlaps with other one on this address space')
  refused([{ subnet: 'foobar' }], 'invalid network config:\ninvalid subnet foobar: invalid CIDR block notation')
  refused([{ subnet: '10.10.10.0/8' }], 'invalid subnet 10.10.10.0/8: it should be 10.0.0.0/8')
  refused([{ subnet: '10.0.0.0/8', ipRange: '192.168.0.1/24', gateway: '192.168.0.1', auxiliaryAddresses: { x: '192.168.0.1' } }],
    "invalid ip-range 192.168.0.1/24: it should be 192.168.0.0/24\ninvalid ip-range 192.168.0.1/24: parent subnet 10.0.0.0/8 doesn't contain ip-range\ninvalid gateway 192.168.0.1: parent subnet 10.0.0.0/8 doesn't contain this address\ninvalid auxiliary address x: parent subnet 10.0.0.0/8 doesn't contain this address")
  refused([{ subnet: '10.10.10.0/24', ipRange: '10.0.0.0/8' }], 'CIDR block is bigger than its parent subnet 10.10.10.0/24')
  refused([{ subnet: '10.10.10.0/24', ipRange: 'fd00::/64', gateway: 'fd00::1' }], 'parent subnet is an IPv4 block')
  for (const subnet of ['127.0.0.0/8', '224.1.0.0/16', '0.0.0.0/0', 'ff05::/64']) refused([{ subnet }], 'its addresses are not those of hosts')
  for (const nothing of [{ gateway: '10.0.0.1' }, { ipRange: '10.0.0.0/25' }, {}]) refused([nothing], 'invalid subnet : invalid CIDR block notation')
  for (const gateway of ['10.1.0.0', '10.1.0.255']) refused([{ subnet: '10.1.0.0/24', gateway }], `failed to allocate gateway (${gateway}): Address already in use`)
  refused([{ subnet: '10.1.0.0/24', gateway: '10.1.0.1', auxiliaryAddresses: { a: '10.1.0.1' } }], 'failed to allocate secondary ip address (a:10.1.0.1): Address already in use')
  refused([{ subnet: '10.1.0.0/24', auxiliaryAddresses: { a: '10.1.0.7', b: '10.1.0.7' } }], 'failed to allocate secondary ip address (b:10.1.0.7): Address already in use')
})
