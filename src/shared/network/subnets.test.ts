import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contains, overlaps, readAddress, readCidr, formatAddress, formatCidr } from './address.ts'
import { freeSubnet, gatewayProblem, subnetProblem, wishedAddressProblem } from './subnets.ts'

const network = (name: string, subnet: string, gateway?: string) => ({ name, subnets: [{ subnet, ...(gateway && { gateway }) }] })
const some = [network('bridge', '172.17.0.0/16', '172.17.0.1'), network('shop', '172.18.0.0/16', '172.18.0.1'), network('six', 'fd00:1::/64')]

test('addresses and blocks are read and written, and nothing else is taken for one', () => {
  const value = fc.oneof(fc.nat(0xffff_ffff).map((each) => ({ family: 4 as const, value: BigInt(each) })), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((each) => ({ family: 6 as const, value: each })))
  fc.assert(fc.property(value, (address) => {
    expect(readAddress(formatAddress(address))).toEqual(address)
  }))
  for (const wrong of ['', '1.2.3', '01.2.3.4', '1.2.3.256', 'fe80::1%eth0', ':::', '1::2::3', 'g::', '::1/64']) expect(readAddress(wrong), wrong).toBeUndefined()
  expect(formatCidr(readCidr('10.1.2.3/8')!)).toBe('10.0.0.0/8')
  expect(formatCidr(readCidr('fd00:1::5/64')!)).toBe('fd00:1::/64')
  for (const wrong of ['10.0.0.0', '10.0.0.0/33', 'x/8', '/8', '10.0.0.0/8/8']) expect(readCidr(wrong), wrong).toBeUndefined()
})

test('overlap is mutual, and is where one holds the beginning of the other', () => {
  const block = fc.tuple(fc.nat(0xffff_ffff), fc.integer({ min: 1, max: 32 })).map(([address, prefix]) => readCidr(`${formatAddress({ family: 4, value: BigInt(address) })}/${prefix}`)!)
  fc.assert(fc.property(block, block, (one, other) => {
    expect(overlaps(one, other)).toBe(overlaps(other, one))
    expect(overlaps(one, other)).toBe(contains(one, { family: 4, value: other.base }) || contains(other, { family: 4, value: one.base }))
  }))
})

test('a subnet as typed: what it is not, what it should be, whom it meets and what is free instead', () => {
  expect(subnetProblem('10.20.0.0/24', some)).toBeUndefined()
  expect(subnetProblem('10.20', some)).toEqual({ key: 'block' })
  expect(subnetProblem('10.20.0.7/24', some)).toEqual({ key: 'canonical', block: '10.20.0.0/24' })
  expect(subnetProblem('127.0.0.0/24', some)).toEqual({ key: 'unusable' })
  expect(subnetProblem('172.18.4.0/24', some)).toEqual({ key: 'overlap', network: 'shop', free: '172.19.0.0/24' })
  expect(subnetProblem('192.168.255.0/24', [network('last', '192.168.255.0/24')])).toEqual({ key: 'overlap', network: 'last', free: '172.18.0.0/16' })
  expect(subnetProblem('172.0.0.0/8', some)).toMatchObject({ key: 'overlap', network: 'bridge' })
  expect(subnetProblem('fd00:1::/96', some)).toMatchObject({ key: 'overlap', network: 'six', free: 'fd00:1:0:1::/96' })
})

test('the free subnet offered meets nobody', () => {
  expect(freeSubnet(some)).toBe('172.19.0.0/16')
  const taken = fc.array(fc.tuple(fc.constantFrom('172', '192.168', '10'), fc.nat(255), fc.integer({ min: 12, max: 28 })), { maxLength: 40 })
  fc.assert(fc.property(taken, (wishes) => {
    const networks = wishes.map(([head, part, prefix], index) => network(`n${index}`, `${head}.${part}.0${head.includes('.') ? '' : '.0'}/${prefix}`))
    const free = freeSubnet(networks)
    if (free !== '') expect(subnetProblem(free, networks)).toBeUndefined()
  }))
})

test('gateways and wished addresses: of the subnet, free, and no reserved one', () => {
  expect(gatewayProblem('10.0.0.1', '10.0.0.0/24')).toBeUndefined()
  expect([gatewayProblem('10.0.1.1', '10.0.0.0/24'), gatewayProblem('10.0.0.255', '10.0.0.0/24'), gatewayProblem('ten', '10.0.0.0/24')].map((each) => each?.key)).toEqual(['outside', 'reserved', 'address'])
  const taken = new Map([['172.18.0.2', 'db']])
  expect(wishedAddressProblem('172.18.0.9', some[1]!, taken)).toBeUndefined()
  expect(wishedAddressProblem('172.18.0.2', some[1]!, taken)).toEqual({ key: 'taken', owner: 'db' })
  expect(['172.19.0.2', '172.18.0.1', '172.18.0.0', '172.18'].map((text) => wishedAddressProblem(text, some[1]!, taken)?.key)).toEqual(['outside', 'reserved', 'reserved', 'address'])
})
