import { expect, test } from 'vitest'
import { portListJson } from './network-wire.ts'

test('a port that is exposed with and without its protocol is listed once', () => {
  const record = { state: { status: 'running' }, ports: [], config: { ExposedPorts: { '80/tcp': {}, '80': {}, '53/udp': {} } } } as unknown as Parameters<typeof portListJson>[0]
  expect(new Set(portListJson(record).map(({ PrivatePort, Type }) => `${PrivatePort}/${Type}`))).toEqual(new Set(['80/tcp', '53/udp']))
  expect(portListJson(record)).toHaveLength(2)
})
