import { expect, test } from 'vitest'
import { refuseConfigurationOnly, refuseOperatorFields, refuseWhileDependedOn, withConfiguration } from './config-networks.ts'
import type { NetworkRecord } from './network-record.ts'
import type { NetworkCreate } from './networks-service.ts'
import type { NetworksState } from './state.ts'

const record = (over: Partial<NetworkRecord>): NetworkRecord => ({ id: 'f'.repeat(64), name: 'settings', driver: 'null', createdAt: '2026-01-01T00:00:00Z', scope: 'local', internal: false, attachable: false, ipv4: true, ipv6: false, ipamDriver: 'default', ipamOptions: {}, subnets: [{ subnet: '10.80.0.0/24', ipRange: '10.80.0.128/25' }], options: { 'com.docker.network.driver.mtu': '1400' }, labels: { team: 'a' }, configOnly: true, ...over })
const stateOf = (...records: NetworkRecord[]) => ({ store: { list: () => records, find: (name: string) => records.find((each) => each.name === name) } }) as unknown as NetworksState
const settings = record({})

test('a network takes subnets, options and labels of the one it names', () => {
  const asked: NetworkCreate = { name: 'web', driver: 'bridge', configFrom: 'settings', labels: { own: '1' } }
  expect(withConfiguration(stateOf(settings), asked)).toEqual({ ...asked, ipv6: false, ipam: { options: {}, config: settings.subnets }, options: settings.options, labels: { team: 'a', own: '1' } })
  expect(withConfiguration(stateOf(settings), { name: 'web' })).toEqual({ name: 'web' })
})

test.each<[string, Partial<NetworkCreate>]>([
  ['configuration network "nowhere" does not exist', { configFrom: 'nowhere' }],
  ['configuration network "real" does not exist', { configFrom: 'real' }],
  ['user specified configurations are not supported', { ipam: { config: [{ subnet: '10.0.0.0/24' }] } }],
  ['network driver options are not supported', { options: { a: 'b' } }],
])('%s', (message, over) => {
  expect(() => withConfiguration(stateOf(settings, record({ name: 'real', configOnly: undefined })), { name: 'web', configFrom: 'settings', ...over })).toThrow(message)
})

test('settings say nothing of who may use them, and are not made of others', () => {
  expect(() => refuseOperatorFields({ name: 'settings', internal: true })).toThrow('can only contain network specific fields')
  expect(() => refuseOperatorFields({ name: 'settings', configFrom: 'x' })).toThrow('cannot depend on another')
})

test('they stay while a network is made from them, and no container joins them', () => {
  const user = record({ id: 'e'.repeat(64), name: 'web', configOnly: undefined, configFrom: 'settings' })
  expect(() => refuseWhileDependedOn(stateOf(settings, user), settings)).toThrow('configuration network "settings" is in use')
  expect(() => refuseWhileDependedOn(stateOf(settings), settings)).not.toThrow()
  expect(() => refuseConfigurationOnly(settings)).toThrow('cannot create endpoint on configuration-only network')
})
