import { expect, test } from 'vitest'
import { parseAddress } from '../ipam/address.ts'
import { createPortTable, differenceMessages, flowMessages } from './port-table.ts'
import { elementsByMap, renderRuleset, type PublishedPort } from './ruleset.ts'

const port = (hostPort: number, more: Partial<PublishedPort> = {}): PublishedPort => ({ protocol: 'tcp', hostAddress: undefined, hostPort, target: parseAddress('172.17.0.2'), targetPort: 80, ...more })

test('the table: rules by network, ports as elements of the map of their family and kind', () => {
  const text = renderRuleset({
    table: 'slipway',
    comment: 'slipway /var/lib/slipway/lock',
    bridges: [
      { bridge: 'slipway0', subnets: ['172.17.0.0/16'], internal: false, talking: true, masquerade: true },
      { bridge: 'br-inner', subnets: ['172.18.0.0/16', 'fd00::/64'], internal: true, talking: false, masquerade: true },
    ],
    ports: [port(8080), port(53, { protocol: 'udp', hostAddress: parseAddress('127.0.0.1') }), port(443, { target: parseAddress('fd00::2') })],
    separate: ['eth0'],
  })
  expect(text).toContain('set bridges {\n\t\ttype ifname\n\t\telements = { "slipway0", "br-inner" }')
  expect(text).toContain('set internal {\n\t\ttype ifname\n\t\telements = { "br-inner" }')
  expect(text).toContain('elements = { "slipway0" . "slipway0" }')
  expect(text).toContain('elements = { tcp . 8080 : 172.17.0.2 . 80 }')
  expect(text).toContain('elements = { 127.0.0.1 . udp . 53 : 172.17.0.2 . 80 }')
  expect(text).toContain('elements = { tcp . 443 : fd00::2 . 80 }')
  expect(text).toContain('iifname "slipway0" ip saddr 172.17.0.0/16 oifname != "slipway0" masquerade')
  expect(text).not.toContain('oifname != "br-inner"')
  expect(text).toContain('ct status dnat ip6 saddr fd00::/64 oifname "br-inner" masquerade')
  expect(text.indexOf('delete table inet slipway')).toBeLessThan(text.indexOf('chain raw'))
})

test('elements as bytes: numbers in network order, every field padded to a register', () => {
  const [group] = elementsByMap([port(8080, { hostAddress: parseAddress('10.0.0.1') })])
  expect(group!.name).toBe('ports4_at')
  expect([...group!.elements[0]!.key]).toEqual([10, 0, 0, 1, 6, 0, 0, 0, 0x1f, 0x90, 0, 0])
  expect([...group!.elements[0]!.value]).toEqual([172, 17, 0, 2, 0, 80, 0, 0])
})

test('a change comes down to what differs', () => {
  const table = createPortTable()
  table.set([port(1), port(2)])
  expect(table.change({ add: [port(2), port(3)], remove: [port(1), port(2)] })).toEqual({ leaving: [port(1)], coming: [port(3)] })
  expect(table.change({ remove: [port(9)] })).toEqual({ leaving: [], coming: [] })
  const moved = port(2, { targetPort: 81 })
  expect(table.change({ add: [moved] })).toEqual({ leaving: [port(2)], coming: [moved] })
  // Its place has another by now: to take the old one out is nothing.
  expect(table.change({ remove: [port(2)] })).toEqual({ leaving: [], coming: [] })
  expect(table.list()).toEqual([port(3), moved])
})

test('thousands of ports are a few messages; only UDP flows are forgotten', () => {
  const many = Array.from({ length: 5000 }, (_, index) => port(index + 1))
  expect(differenceMessages('slipway', { leaving: [], coming: many }).length).toBeLessThan(20)
  expect(flowMessages({ leaving: [], coming: many })).toEqual([])
  expect(flowMessages({ leaving: [port(1, { protocol: 'udp' })], coming: [port(2, { protocol: 'udp' })] })).toHaveLength(3)
})
