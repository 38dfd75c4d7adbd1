import { expect, test } from 'vitest'
import { formatCommandLine, parseCommandLine } from './command-line.ts'

test('defaults of root and of a user', () => {
  expect(parseCommandLine([], {}, true)).toEqual({ dataRoot: '/var/lib/slipway', runRoot: '/run/slipway', socket: '/run/slipway/docker.sock', tcp: undefined, registry: undefined, registryMirrors: [], runtime: undefined, defaults: { addressPools: [], logOptions: {}, proxy: {}, insecureRegistries: [] }, stopContainers: false, debug: false })
  const user = { HOME: '/home/me', XDG_RUNTIME_DIR: '/run/user/1000' }
  expect(parseCommandLine([], user, false)).toMatchObject({ dataRoot: '/home/me/.local/share/slipway', runRoot: '/run/user/1000/slipway', socket: '/run/user/1000/slipway/docker.sock' })
  expect(parseCommandLine([], { ...user, XDG_DATA_HOME: '/data' }, false)).toMatchObject({ dataRoot: '/data/slipway' })
})

test('a socket follows the run root, and may be written as a URL', () => {
  expect(parseCommandLine(['--run-root', '/r'], {}, true).socket).toBe('/r/docker.sock')
  expect(parseCommandLine(['--socket', 'unix:///s.sock'], {}, true).socket).toBe('/s.sock')
  expect(parseCommandLine(['--data-root', 'd'], {}, true).dataRoot).toBe(`${process.cwd()}/d`)
})

test('the request survives being written as arguments', () => {
  const line = parseCommandLine(['--registry-mirror', 'http://127.0.0.1:5000', '--registry-mirror', 'https://m.example', '--runtime', 'runc', '--default-address-pool', 'base=10.64.0.0/12,size=24', '--default-address-pool', 'base=10.200.0.0/16,size=26', '--log-max-size', '10m', '--log-max-file', '3', '--http-proxy', 'http://p:3128', '--https-proxy', 'http://p:3129', '--no-proxy', 'a.example,.b', '--insecure-registry', 'old:5000', '--insecure-registry', '10.0.0.0/8', '--stop-containers', '--debug', '--data-root', '/d', '--tcp', '[::1]:2376', '--tls-ca', '/ca', '--tls-cert', '/c', '--tls-key', '/k', '--registry', '0.0.0.0:5055', '--registry-push', '--registry-user', 'me', '--registry-password-file', '/p', '--registry-cert', '/rc', '--registry-key', '/rk'], {}, true)
  expect(line.registryMirrors).toEqual(['http://127.0.0.1:5000', 'https://m.example'])
  expect(line.defaults).toEqual({ addressPools: ['base=10.64.0.0/12,size=24', 'base=10.200.0.0/16,size=26'], logOptions: { 'max-size': '10m', 'max-file': '3' }, proxy: { http: 'http://p:3128', https: 'http://p:3129', none: 'a.example,.b' }, insecureRegistries: ['old:5000', '10.0.0.0/8'] })
  expect(line.tcp).toEqual({ host: '::1', port: 2376, ca: '/ca', certificate: '/c', key: '/k' })
  expect(line.registry).toEqual({ host: '0.0.0.0', port: 5055, push: true, user: 'me', passwordFile: '/p', certificate: '/rc', key: '/rk' })
  expect(parseCommandLine(formatCommandLine(line), {}, false)).toEqual(line)
})

test('TCP only with mutual TLS, whole', () => {
  const words = ['--tcp', '127.0.0.1:2376', '--tls-ca', '/ca', '--tls-cert', '/c', '--tls-key', '/k']
  expect(parseCommandLine(words, {}, true).tcp).toMatchObject({ host: '127.0.0.1', port: 2376 })
  for (const missing of [0, 2, 4, 6]) expect(() => parseCommandLine(words.toSpliced(missing, 2), {}, true)).toThrow(missing === 0 ? 'no --tcp was given' : 'only with mutual TLS')
  for (const address of ['2376', 'host', 'host:70000', '::1:2376', 'host:']) expect(() => parseCommandLine(words.with(1, address), {}, true)).toThrow('is not HOST:PORT')
})

test('options of the registry make sense together only', () => {
  expect(parseCommandLine(['--registry', '127.0.0.1:5055'], {}, true).registry).toEqual({ host: '127.0.0.1', port: 5055, push: false })
  for (const [words, why] of [[['--registry-push'], 'no --registry'], [['--registry', '127.0.0.1:5055', '--registry-cert', '/c'], 'needs its key'], [['--registry', '5055'], '--registry 5055 is not HOST:PORT']] as const) expect(() => parseCommandLine(words, {}, true)).toThrow(why)
})
