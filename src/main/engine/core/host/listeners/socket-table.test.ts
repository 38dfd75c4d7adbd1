import { endianness } from 'node:os'
import { expect, test } from 'vitest'
import { parseSocketTable } from './socket-table.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const word = (hex: string) => (endianness() === 'LE' ? (hex.match(/../g) ?? []).toReversed().join('') : hex)
const line = (address: string, port: string, state: string, inode: number) => `   0: ${address}:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`

test('only sockets that listen are told, with their address in the order people write it', () => {
  const text = HEAD + line(word('7F000001'), '0CEA', '0A', 77) + line(word('7F000001'), '9C40', '01', 78)
  expect(parseSocketTable(text, 'tcp')).toEqual([{ protocol: 'tcp', address: '127.0.0.1', port: 3306, inode: 77 }])
})

test('IPv6 addresses, and an IPv4 address within one', () => {
  const ipv6 = (...words: string[]) => words.map(word).join('')
  const text = HEAD + line(ipv6('00000000', '00000000', '00000000', '00000001'), '1F90', '0A', 1) + line(ipv6('00000000', '00000000', '0000FFFF', '0A000001'), '1F90', '0A', 2) + line('0'.repeat(32), '0050', '0A', 3)
  expect(parseSocketTable(text, 'tcp').map(({ address }) => address)).toEqual(['::1', '10.0.0.1', '::'])
})

test('UDP has no LISTEN: what is not connected waits', () => {
  const text = HEAD + line('00000000', '0035', '07', 1) + line('00000000', '0036', '01', 2)
  expect(parseSocketTable(text, 'udp')).toEqual([{ protocol: 'udp', address: '0.0.0.0', port: 53, inode: 1 }])
})

test('a table that is not there has nothing', () => expect(parseSocketTable('', 'tcp')).toEqual([]))
