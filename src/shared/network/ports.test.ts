import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PortMapping } from '../contract/containers.ts'
import { addressesMeet, foldRanges, mappingKey, mappingsOf, nextFreePort, takenBy, unfold, type TakenPort } from './ports.ts'

const taken: TakenPort[] = [
  { ip: '0.0.0.0', port: 8080, protocol: 'tcp', owner: 'web', container: 'a' },
  { ip: '127.0.0.1', port: 5432, protocol: 'tcp', owner: 'postgres' },
  { ip: '::', port: 9000, protocol: 'tcp', owner: 'node' },
]

test('addresses stand in the way of each other by family and by all-addresses', () => {
  expect(addressesMeet('0.0.0.0', '127.0.0.1')).toBe(true)
  expect(addressesMeet('127.0.0.1', '127.0.0.2')).toBe(false)
  expect(addressesMeet('127.0.0.1', '::1')).toBe(false)
  expect(addressesMeet('::', '127.0.0.1')).toBe(true)
  expect(addressesMeet('', '10.0.0.1')).toBe(true)
  const ip = fc.constantFrom('', '0.0.0.0', '::', '127.0.0.1', '::1', '10.0.0.1', 'fd00::1')
  fc.assert(fc.property(ip, ip, (one, other) => {
    expect(addressesMeet(one, other)).toBe(addressesMeet(other, one))
  }))
})

test('who is in the way, and what is free instead', () => {
  expect(takenBy({ hostPort: 8080, protocol: 'tcp' }, taken)?.owner).toBe('web')
  expect(takenBy({ hostPort: 8080, protocol: 'udp' }, taken)).toBeUndefined()
  expect(takenBy({ hostPort: 5432, hostIp: '10.0.0.1', protocol: 'tcp' }, taken)).toBeUndefined()
  expect(takenBy({ hostPort: 5432, protocol: 'tcp' }, taken)?.owner).toBe('postgres')
  expect(nextFreePort({ hostPort: 8080, protocol: 'tcp' }, taken)).toBe(8081)
  expect(nextFreePort({ hostPort: 80, protocol: 'tcp' }, taken)).toBe(8081)
  expect(nextFreePort({ hostPort: 443, protocol: 'tcp' }, taken)).toBe(8443)
  expect(nextFreePort({ hostPort: 65_535, protocol: 'tcp' }, [{ ip: '::', port: 65_535, protocol: 'tcp' }])).toBeUndefined()
})

test('what a container publishes is told as it was wished for', () => {
  const port = (hostIp: string, hostPort: number) => ({ containerPort: 80, protocol: 'tcp' as const, hostIp, hostPort })
  expect(mappingsOf([port('0.0.0.0', 8080), port('::', 8080), { containerPort: 443, protocol: 'tcp' }])).toEqual([{ containerPort: 80, protocol: 'tcp', hostPort: 8080 }])
  expect(mappingsOf([port('0.0.0.0', 8080)])).toEqual([{ containerPort: 80, protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 8080 }])
  expect(mappingsOf([port('::', 8080), port('127.0.0.1', 8081)])).toEqual([{ containerPort: 80, protocol: 'tcp', hostIp: '::', hostPort: 8080 }, { containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8081 }])
})

test('ranges are folded from three on, and unfold to what they were', () => {
  const run = (host: number, inside: number, count: number, hostIp?: string): PortMapping[] => unfold({ first: { hostPort: host, containerPort: inside, protocol: 'tcp', ...(hostIp && { hostIp }) }, count })
  expect(foldRanges([...run(8000, 8000, 11), ...run(80, 80, 2)])).toEqual([
    { first: { hostPort: 80, containerPort: 80, protocol: 'tcp' }, count: 1 },
    { first: { hostPort: 81, containerPort: 81, protocol: 'tcp' }, count: 1 },
    { first: { hostPort: 8000, containerPort: 8000, protocol: 'tcp' }, count: 11 },
  ])
  const mapping = fc.record({ hostPort: fc.integer({ min: 1, max: 12 }), containerPort: fc.integer({ min: 1, max: 12 }), protocol: fc.constantFrom('tcp' as const, 'udp' as const) })
  fc.assert(fc.property(fc.uniqueArray(mapping, { selector: mappingKey, maxLength: 30 }), (mappings) => {
    expect(foldRanges(mappings).flatMap(unfold).map(mappingKey).sort()).toEqual(mappings.map(mappingKey).sort())
  }))
})
