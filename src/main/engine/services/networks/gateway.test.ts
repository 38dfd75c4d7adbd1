import { expect, test } from 'vitest'
import { gatewayEndpoint, publishedPorts } from './gateway.ts'
import type { EndpointRecord } from './sandbox-record.ts'

const endpoint = (networkName: string, more: Partial<EndpointRecord> = {}): EndpointRecord => ({
  endpointId: `id-${networkName}`, networkId: networkName, networkName, interfaceName: 'eth0', macAddress: '', aliases: [], dnsNames: [], internal: false, ipv4: { address: '10.0.0.2', prefix: 24, gateway: '10.0.0.1' }, ...more,
})

test('the way out: highest priority, then name; never an internal network; the one in use stays among equals', () => {
  expect(gatewayEndpoint([endpoint('b'), endpoint('a')], 4)?.networkName).toBe('a')
  expect(gatewayEndpoint([endpoint('b', { gatewayPriority: 1 }), endpoint('a')], 4)?.networkName).toBe('b')
  expect(gatewayEndpoint([endpoint('b'), endpoint('a', { internal: true })], 4)?.networkName).toBe('b')
  expect(gatewayEndpoint([endpoint('b'), endpoint('a')], 4, 'id-b')?.networkName).toBe('b')
  expect(gatewayEndpoint([endpoint('b'), endpoint('a', { gatewayPriority: 1 })], 4, 'id-b')?.networkName).toBe('a')
  expect(gatewayEndpoint([endpoint('b')], 6)).toBeUndefined()
  expect(gatewayEndpoint([], 4)).toBeUndefined()
})

test('a mapping leads to the address of its own family', () => {
  const six = endpoint('six', { ipv6: { address: 'fd00::2', prefix: 64, gateway: 'fd00::1' } })
  const mapping = { protocol: 'tcp' as const, containerPort: 80, hostPort: 8080 }
  const mappings = ['0.0.0.0', '::', '127.0.0.1'].map((hostIp) => ({ ...mapping, hostIp }))
  expect(publishedPorts(mappings, { ipv4: six, ipv6: six }).map(({ target, hostAddress }) => [target.family, hostAddress?.value])).toEqual([[4, undefined], [6, undefined], [4, 0x7f000001n]])
  expect(publishedPorts(mappings, { ipv4: six })).toHaveLength(2)
})
