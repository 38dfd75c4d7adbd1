import { expect, test } from 'vitest'
import type { Healthcheck } from '#shared/oci/image-config.ts'
import { createDetachFilter, parseDetachKeys } from './detach-keys.ts'
import { goDuration } from './go-duration.ts'
import { mergeImageConfig } from './merge-image-config.ts'
import { parseBind, parseMountRequest } from './mount-syntax.ts'
import { plannedEndpoints } from './network-plan.ts'
import { generateName } from './names.ts'
import { parsePortBindings } from './port-bindings.ts'
import { parseSignal } from './signals.ts'
import { logDetails } from './log-details.ts'
import { logDriverOf } from './log-drivers.ts'
import type { ContainerRecord } from './record.ts'
import { validateConfig } from './validate.ts'
import { parseInterfaces } from './stats.ts'
import { parseTable } from './top.ts'

test('binds as -v writes them', () => {
  expect(parseBind('/h:/c', undefined)).toMatchObject({ kind: 'bind', source: '/h', target: '/c', readonly: false, createSource: true, propagation: undefined })
  expect(parseBind('/h:/c:ro,rshared,z', undefined)).toMatchObject({ readonly: true, propagation: 'rshared', mode: 'ro,rshared,z' })
  expect(parseBind('vol:/c:nocopy', undefined)).toMatchObject({ kind: 'volume', name: 'vol', copyUp: false })
  expect(parseBind('/c/', undefined)).toMatchObject({ kind: 'volume', name: undefined, target: '/c' })
  for (const text of ['/h:c', 'a:b:c:d', '/h:/', ':/c', '/h:/c:bad', '/h:/c:ro,rw', '../x:/c', 'a b:/c']) expect(() => parseBind(text, undefined), text).toThrow()
})

test('mounts as --mount sends them', () => {
  expect(parseMountRequest({ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777 } })).toEqual({ kind: 'tmpfs', target: '/t', readonly: false, options: ['size=1024', 'mode=1777'] })
  expect(() => parseMountRequest({ Type: 'bind', Target: '/t' })).toThrow('field Source must not be empty')
  expect(() => parseMountRequest({ Type: 'odd', Target: '/t' })).toThrow('invalid mount config for type "odd": mount type unknown')
})

test('ports: addresses, ranges, protocols and -P', () => {
  expect(parsePortBindings({}, { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }, { HostPort: '9000-9010' }], '53/udp': null } })).toEqual([
    { protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 8080 },
    { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: [9000, 9010] },
    { protocol: 'udp', containerPort: 53, hostIp: '', hostPort: undefined },
  ])
  expect(parsePortBindings({ ExposedPorts: { '80/tcp': {}, '81-82': {} } }, { PublishAllPorts: true, PortBindings: { '80/tcp': [{ HostPort: '1' }] } }).map((port) => port.containerPort)).toEqual([80, 81, 82])
  const wrong: Record<string, { HostPort?: string; HostIp?: string }[]>[] = [{ x: [] }, { '0/tcp': [] }, { '80/odd': [] }, { '80/tcp': [{ HostPort: '70000' }] }, { '80/tcp': [{ HostIp: 'host' }] }]
  for (const PortBindings of wrong) expect(() => parsePortBindings({}, { PortBindings })).toThrow()
})

test('signals by name, number and real-time offset', () => {
  expect(['TERM', 'SIGTERM', 'sigterm', '15', 'RTMIN+3', 'SIGRTMAX-1'].map(parseSignal)).toEqual([15, 15, 15, 15, 37, 63])
  for (const text of ['', '0', '65', 'NOPE', '-9', 'RTMIN+99']) expect(() => parseSignal(text)).toThrow(`invalid signal: ${text}`)
})

test('detach keys: partial sequences are passed on whole', () => {
  const filter = createDetachFilter(parseDetachKeys('ctrl-p,ctrl-q'))
  const type = (text: string) => {
    const { pass, detached } = filter(Buffer.from(text))
    return [Buffer.from(pass).toString(), detached]
  }
  expect(type('a\x10')).toEqual(['a', false])
  expect(type('b')).toEqual(['\x10b', false])
  expect(type('\x10\x10')).toEqual(['\x10', false])
  expect(type('\x11rest')).toEqual(['', true])
  expect(parseDetachKeys('a,ctrl-@,ctrl-_,DEL')).toEqual([97, 0, 31, 127])
  expect(() => parseDetachKeys('ctrl-')).toThrow('Invalid detach keys (ctrl-) provided')
  expect(() => parseDetachKeys('ctrl-A,a', 'escape')).toThrow('Invalid escape keys (ctrl-A,a) provided')
})

test('what the image says and what the user overrides', () => {
  const image = { Entrypoint: ['/entry'], Cmd: ['arg'], Env: ['A=1', 'B=2'], ExposedPorts: { '80/tcp': {} }, WorkingDir: '/app' }
  expect(mergeImageConfig({}, image)).toMatchObject({ Entrypoint: ['/entry'], Cmd: ['arg'], WorkingDir: '/app' })
  expect(mergeImageConfig({ Cmd: ['x'], Env: ['A=9'] }, image)).toMatchObject({ Entrypoint: ['/entry'], Cmd: ['x'], Env: ['A=9', 'B=2'] })
  expect(mergeImageConfig({ Entrypoint: ['/own'] }, image)).toMatchObject({ Entrypoint: ['/own'], Cmd: null })
  expect(mergeImageConfig({ Entrypoint: [''], Cmd: ['sh'] }, image)).toMatchObject({ Entrypoint: null, Cmd: ['sh'] })
})

test('a health check keeps what was given only: docker-py sends null for the rest', () => {
  const asked = { Test: ['CMD', 'x'], Interval: 1e9, Retries: null, StartPeriod: 0 } as unknown as Healthcheck
  expect(mergeImageConfig({ Healthcheck: asked }, {}).Healthcheck).toEqual({ Test: ['CMD', 'x'], Interval: 1e9 })
  expect(mergeImageConfig({ Healthcheck: asked }, { Healthcheck: { Test: ['CMD', 'y'], Retries: 5 } }).Healthcheck).toEqual({ Test: ['CMD', 'x'], Interval: 1e9, Retries: 5 })
})

test('durations as Go writes them', () => {
  expect([50, 1500, 30_000, 90_000, 3_600_000].map(goDuration)).toEqual(['50ms', '1.5s', '30s', '1m30s', '1h0m0s'])
})

test('refusals in the words of Docker', () => {
  expect(() => validateConfig({}, { AutoRemove: true, RestartPolicy: { Name: 'always' } })).toThrow(`can't create 'AutoRemove' container with restart policy`)
  expect(() => validateConfig({}, { RestartPolicy: { Name: 'always', MaximumRetryCount: 1 } })).toThrow('maximum retry count can only be used')
  expect(() => validateConfig({ WorkingDir: 'x' }, {})).toThrow('needs to be an absolute path')
  expect(() => validateConfig({ Env: ['=x'] }, {})).toThrow('invalid environment variable: =x')
  expect(() => validateConfig({ Hostname: 'x' }, { NetworkMode: 'container:y' })).toThrow('conflicting options: hostname and the network mode')
  expect(() => validateConfig({ Healthcheck: { Test: ['CMD', 'x'], Interval: 5 } }, {})).toThrow('Interval in Healthcheck cannot be less than 1ms')
  for (const target of ['/', '//', '/..']) expect(() => validateConfig({}, { Tmpfs: { [target]: '' } })).toThrow(`destination can't be '/'`)
  expect(() => validateConfig({}, { StorageOpt: { size: '1G' } })).toThrow('--storage-opt is supported only for')
  expect(() => validateConfig({}, { LogConfig: { Type: 'syslog' } })).toThrow('plugin "syslog" not found')
  expect(logDriverOf({ LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } } })).toEqual({ name: 'json-file', maxSize: 10_485_760, maxFiles: 3 })
  for (const name of ['labels-regex', 'env-regex']) expect(() => logDriverOf({ LogConfig: { Type: 'json-file', Config: { [name]: '(' } } })).toThrow(`error parsing option ${name}: "(" is no regular expression`)
})

test('details of a log whose label is no text of Unicode', () => {
  const record = { config: { Labels: { a: '\ud800 b' } }, host: { LogConfig: { Type: 'json-file', Config: { labels: 'a' } } } }
  expect(logDetails(record as unknown as ContainerRecord)).toBe('a=%EF%BF%BD+b ')
})

test('generated names are valid and not taken', () => {
  const seen = new Set<string>()
  for (let count = 0; count < 200; count++) seen.add(generateName((name) => seen.has(name)))
  expect(seen.size).toBe(200)
  for (const name of seen) expect(name).toMatch(/^[a-z]+_[a-z]+\d*$/)
})

test('tables of other programs', () => {
  expect(parseTable('UID  PID CMD\nroot 7 sh -c x y\nroot 8 z\n', new Set(['7']))).toEqual({ titles: ['UID', 'PID', 'CMD'], processes: [['root', '7', 'sh -c x y']] })
  expect(() => parseTable('UID CMD\n', new Set())).toThrow("Couldn't find PID field")
  expect(parseInterfaces('a\nb\n    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  eth0: 10 2 0 1 0 0 0 0 20 3 0 0 0 0 0 0\n')).toEqual({ eth0: { rx_bytes: 10, rx_packets: 2, rx_errors: 0, rx_dropped: 1, tx_bytes: 20, tx_packets: 3, tx_errors: 0, tx_dropped: 0 } })
})

test('networks to join: those named, where no mode was chosen; the mode first, where one was', () => {
  const plan = (asked: object, host: object = { NetworkMode: 'bridge' }, config: object = {}) => plannedEndpoints(asked as Parameters<typeof plannedEndpoints>[0], config, host)
  expect(Object.keys(plan({}))).toEqual(['bridge'])
  expect(Object.keys(plan({ one: {}, two: {} }))).toEqual(['one', 'two'])
  expect(plan({ one: {} }, undefined, { MacAddress: '02:00:00:00:00:01' })).toEqual({ one: { MacAddress: '02:00:00:00:00:01' } })
  expect(Object.keys(plan({ one: {}, default: {} }))).toEqual(['bridge', 'one'])
  expect(Object.keys(plan({ two: {} }, { NetworkMode: 'one' }))).toEqual(['one', 'two'])
})
