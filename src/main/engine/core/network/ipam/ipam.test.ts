import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cidr, addressBytes, addressFromBytes, cidrOf, contains, formatAddress, formatCidr, overlaps, parseAddress, parseCidr } from './address.ts'
import { generateMac, parseMacAddress } from './mac.ts'
import { createPool } from './pool.ts'
import { chooseSubnet, chooseSubnet6, describePool, parseAddressPool, refuseOverlap } from './subnets.ts'

const v4 = fc.nat(0xffff_ffff).map((value) => ({ family: 4 as const, value: BigInt(value) }))
const v6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => ({ family: 6 as const, value }))

test('an address written and read is the same address, as text and as bytes', () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address)
      expect(addressFromBytes(addressBytes(address))).toEqual(address)
    }),
  )
})

test('IPv6 is written as RFC 5952 has it', () => {
  for (const [read, written] of [['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], ['::', '::'], ['::1', '::1'], ['fd00:0:0:1::', 'fd00:0:0:1::'], ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'], ['::ffff:10.1.2.3', '::ffff:a01:203']])
    expect(formatAddress(parseAddress(read!))).toBe(written)
  for (const wrong of ['1.2.3', '1.2.3.4.5', 'fe80::1%eth0', '', '::g', '01.2.3.400']) expect(() => parseAddress(wrong)).toThrow('invalid IP address')
})

test('blocks: bits beyond the prefix are cleared, overlap is mutual', () => {
  expect(formatCidr(parseCidr('10.1.2.3/8'))).toBe('10.0.0.0/8')
  for (const wrong of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/-1', 'x/8', 'fd00::/129']) expect(() => parseCidr(wrong)).toThrow('invalid CIDR address')
  const cidr = fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => cidrOf(address, prefix))
  fc.assert(
    fc.property(cidr, cidr, (one, other) => {
      expect(overlaps(one, other)).toBe(overlaps(other, one))
      expect(overlaps(one, other)).toBe(contains(one, { family: 4, value: other.base }) || contains(other, { family: 4, value: one.base }))
    }),
  )
})

test('a pool gives every address but network, broadcast, gateway and reserved ones, each once, and then says that it is empty', () => {
  const pool = createPool({ subnet: parseCidr('10.0.0.0/29'), reserved: [parseAddress('10.0.0.1'), parseAddress('10.0.0.4')] })
  const given = [1, 2, 3, 4].map(() => formatAddress(pool.acquire()))
  expect(given).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.5', '10.0.0.6'])
  expect(() => pool.acquire()).toThrow('no available IPv4 addresses')
  pool.release(parseAddress('10.0.0.3'))
  expect(formatAddress(pool.acquire())).toBe('10.0.0.3')
})

test('an address that was given back rests until the others have been used', () => {
  const pool = createPool({ subnet: parseCidr('10.0.0.0/24'), reserved: [] })
  const first = pool.acquire()
  pool.release(first)
  expect(formatAddress(pool.acquire())).toBe('10.0.0.2')
})

test('wished addresses: inside, free, and no reserved one', () => {
  const pool = createPool({ subnet: parseCidr('10.0.0.0/24'), range: parseCidr('10.0.0.128/25'), reserved: [parseAddress('10.0.0.1')] })
  pool.acquireStatic(parseAddress('10.0.0.7'))
  for (const taken of ['10.0.0.7', '10.0.0.1', '10.0.0.0', '10.0.0.255']) expect(() => pool.acquireStatic(parseAddress(taken)), taken).toThrow('Address already in use')
  expect(() => pool.acquireStatic(parseAddress('10.0.1.7'))).toThrow('no configured subnet contains IP address 10.0.1.7')
  expect(formatAddress(pool.acquire())).toBe('10.0.0.128')
})

test('small and huge subnets', () => {
  const pair = createPool({ subnet: parseCidr('10.0.0.0/31'), reserved: [] })
  expect([pair.acquire(), pair.acquire()].map(formatAddress)).toEqual(['10.0.0.0', '10.0.0.1'])
  const single = createPool({ subnet: parseCidr('10.0.0.9/32'), reserved: [parseAddress('10.0.0.9')] })
  expect(() => single.acquire()).toThrow()
  const wide = createPool({ subnet: parseCidr('fd00::/8'), reserved: [parseAddress('fd00::1')] })
  expect(formatAddress(wide.acquire())).toBe('fd00::2')
})

test('whatever is acquired and released, nobody has an address twice', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('acquire' as const), fc.nat(20)), { maxLength: 80 }), (steps) => {
      const pool = createPool({ subnet: parseCidr('10.0.0.0/28'), reserved: [parseAddress('10.0.0.1')] })
      const held: bigint[] = []
      for (const step of steps) {
        if (step !== 'acquire') held.splice(step % (held.length + 1), 1).forEach((value) => pool.release({ family: 4, value }))
        else if (held.length < 13) held.push(pool.acquire().value)
      }
      expect(new Set(held).size).toBe(held.length)
      expect(pool.taken).toBe(held.length)
    }),
  )
})

test('subnets are chosen clear of networks and routes, and refused when they overlap a network', () => {
  expect(formatCidr(chooseSubnet([]))).toBe('172.17.0.0/16')
  expect(formatCidr(chooseSubnet([parseCidr('172.16.0.0/14')]))).toBe('172.20.0.0/16')
  expect(formatCidr(chooseSubnet([parseCidr('172.16.0.0/12')]))).toBe('192.168.0.0/20')
  expect(() => chooseSubnet([parseCidr('172.16.0.0/12'), parseCidr('192.168.0.0/16')])).toThrow('all predefined address pools have been fully subnetted')
  expect(formatCidr(chooseSubnet6([], 0x12_3456_789an))).toBe('fd12:3456:789a::/64')
  expect(formatCidr(chooseSubnet6([parseCidr('fd12:3456:789a::/64')], 0x12_3456_789an))).toBe('fd12:3456:789a:1::/64')
  expect(() => refuseOverlap(parseCidr('10.1.0.0/16'), [parseCidr('10.0.0.0/8')])).toThrow('Pool overlaps with other one on this address space')
})

test('MAC addresses', () => {
  expect(generateMac(parseAddress('172.17.0.2'))).toBe('02:42:ac:11:00:02')
  expect(parseMacAddress(generateMac(undefined))).toMatch(/^02:/)
  expect(parseMacAddress('02-42-AC-11-00-02')).toBe('02:42:ac:11:00:02')
  for (const wrong of ['', '02:42', '01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00', '02:42:ac:11:00:0g']) expect(() => parseMacAddress(wrong), wrong).toThrow('invalid MAC address')
})

test('pools of the user come instead of the default ones, and are told as they were given', () => {
  const pools = ['base=10.64.0.0/23,size=24', 'base=10.70.0.0/16,size=26'].map(parseAddressPool)
  const chosen: Cidr[] = []
  for (let count = 0; count < 3; count++) chosen.push(chooseSubnet(chosen, pools))
  expect(chosen.map(formatCidr)).toEqual(['10.64.0.0/24', '10.64.1.0/24', '10.70.0.0/26'])
  expect(pools.map(describePool)).toEqual([{ Base: '10.64.0.0/23', Size: 24 }, { Base: '10.70.0.0/16', Size: 26 }])
  for (const wrong of ['10.0.0.0/8', 'base=10.0.0.0/8', 'base=10.0.0.0/16,size=8', 'base=10.0.0.0/16,size=30', 'base=fd00::/48,size=64', 'base=x,size=24', 'base=10.0.0.0/8,size=24,more=1']) expect(() => parseAddressPool(wrong), wrong).toThrow()
})
