import { expect, test } from 'vitest'
import { parseExtraHost, renderHosts } from './hosts-file.ts'
import { mergeResolvConf, parseResolvConf, renderResolvConf } from './resolv-conf.ts'

test('hosts: the usual names, extra ones, links, oneself', () => {
  const text = renderHosts({ extraHosts: ['db:10.0.0.9', 'host.docker.internal:host-gateway', 'six=[fd00::9]', 'six2:fd00::8'], hostGateway: ['172.17.0.1', 'fd00::1'], own: [{ address: '172.17.0.2', names: 'web.example web' }], links: [{ address: '172.17.0.3', names: 'store redis' }] })
  expect(text.startsWith('127.0.0.1\tlocalhost\n')).toBe(true)
  expect(text.split('\n').slice(6)).toEqual(['10.0.0.9\tdb', '172.17.0.1\thost.docker.internal', 'fd00::1\thost.docker.internal', 'fd00::9\tsix', 'fd00::8\tsix2', '172.17.0.3\tstore redis', '172.17.0.2\tweb.example web', ''])
  expect(renderHosts({ head: '127.0.0.1 localhost', extraHosts: ['a:1.2.3.4'], hostGateway: [], own: [] })).toBe('127.0.0.1 localhost\n1.2.3.4\ta\n')
})

test('an extra host is a name and an address', () => {
  for (const wrong of ['db', 'db:', ':1.2.3.4', 'db:x', 'd b:1.2.3.4', 'db:1.2.3.4\n6.6.6.6\tgoogle', 'db:1.2.3']) expect(() => parseExtraHost(wrong), wrong).toThrow('bad format for add-host')
})

test('resolv.conf: comments, the last search, options of several lines', () => {
  const conf = parseResolvConf('# made\nnameserver 10.0.0.1 # first\n;x\ndomain old\nsearch a.example b.example\noptions ndots:2\nnameserver ::1\noptions edns0\n')
  expect(conf).toEqual({ servers: ['10.0.0.1', '::1'], search: ['a.example', 'b.example'], options: ['ndots:2', 'edns0'] })
  expect(renderResolvConf(conf)).toBe('nameserver 10.0.0.1\nnameserver ::1\nsearch a.example b.example\noptions ndots:2 edns0\n')
  expect(mergeResolvConf(conf, { servers: ['9.9.9.9'], search: ['.'], options: [] })).toEqual({ servers: ['9.9.9.9'], search: [], options: ['ndots:2', 'edns0'] })
})
