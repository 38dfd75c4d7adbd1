import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { composeFile } from './compose.ts'
import { quoted, runLine, runWords } from './run-line.ts'
import { readSettings, type ImageConfig, type WireSettings } from './settings.ts'

const ID = 'abcdef0123456789'.repeat(4)
const image: ImageConfig = { Entrypoint: ['/entry.sh'], Cmd: ['serve'], Env: ['PATH=/bin', 'VERSION=1'], Labels: { maintainer: 'somebody' }, ExposedPorts: { '80/tcp': {} }, Volumes: { '/data': {} }, WorkingDir: '/srv', User: 'www', StopSignal: 'SIGQUIT' }

/** As an engine answers for a container that was told nothing but its name. */
const plain = (config: Partial<WireSettings['Config']> = {}, host: WireSettings['HostConfig'] = {}, networks: NonNullable<WireSettings['NetworkSettings']>['Networks'] = { bridge: {} }): WireSettings => ({
  Id: ID,
  Name: '/web',
  Config: { ...image, Image: 'nginx:1', Hostname: ID.slice(0, 12), Tty: false, OpenStdin: false, ...config },
  HostConfig: { NetworkMode: 'default', ShmSize: 67_108_864, RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, LogConfig: { Type: 'json-file', Config: {} }, IpcMode: 'private', CgroupnsMode: 'private', Runtime: 'runc', PidsLimit: null, MaskedPaths: ['/proc/kcore'], ...host },
  NetworkSettings: { Networks: networks },
})
const settingsOf = (...args: Parameters<typeof plain>) => readSettings(plain(...args), image, { logDriver: 'json-file', runtime: 'runc', cgroupns: 'private' })
const words = (...args: Parameters<typeof plain>) => runWords(settingsOf(...args)).flat().slice(3)
const service = (...args: Parameters<typeof plain>) => (parse(composeFile(settingsOf(...args)).text) as { services: { web: Record<string, unknown> } }).services.web

test('what the image and the engine say by themselves is not said again', () => {
  expect(runLine(settingsOf())).toEqual({ text: 'docker run -d --name web nginx:1', remarks: [] })
  expect(service()).toEqual({ image: 'nginx:1', container_name: 'web', network_mode: 'bridge' })
})

test.each<[string, Parameters<typeof plain>, string[], object]>([
  ['a command', [{ Cmd: ['serve', '--loud', "it's"] }], ['nginx:1', 'serve', '--loud', "it's"], { command: ['serve', '--loud', "it's"] }],
  ['an entrypoint brings its command', [{ Entrypoint: ['/bin/sh', '-c'], Cmd: ['serve'] }], ['--entrypoint', '/bin/sh', 'nginx:1', '-c', 'serve'], { entrypoint: ['/bin/sh', '-c'], command: ['serve'] }],
  ['no entrypoint', [{ Entrypoint: null, Cmd: ['top'] }], ['--entrypoint', '', 'nginx:1', 'top'], { entrypoint: [], command: ['top'] }],
  ['no command', [{ Cmd: null }], ['--entrypoint', '/entry.sh', 'nginx:1'], { entrypoint: ['/entry.sh'], command: [] }],
  ['variables of its own', [{ Env: ['PATH=/bin', 'VERSION=2', 'MORE=$x'] }], ['--env', 'VERSION=2', '--env', 'MORE=$x', 'nginx:1'], { environment: ['VERSION=2', 'MORE=$$x'] }],
  ['labels', [{ Labels: { maintainer: 'somebody', tier: 'front', 'com.docker.compose.project': 'shop' } }], ['--label', 'tier=front', 'nginx:1'], { labels: { tier: 'front' } }],
  ['user, folder, host name', [{ User: 'root', WorkingDir: '/', Hostname: 'box' }], ['--hostname', 'box', '--user', 'root', '--workdir', '/', 'nginx:1'], { hostname: 'box', user: 'root', working_dir: '/' }],
  ['terminal and input', [{ Tty: true, OpenStdin: true }], ['--tty', '--interactive', 'nginx:1'], { tty: true, stdin_open: true }],
  ['stop', [{ StopSignal: 'SIGINT', StopTimeout: 0 }], ['--stop-signal', 'SIGINT', '--stop-timeout', '0', 'nginx:1'], { stop_signal: 'SIGINT', stop_grace_period: '0s' }],
  ['exposed and anonymous', [{ ExposedPorts: { '80/tcp': {}, '90/udp': {} }, Volumes: { '/data': {}, '/cache': {} } }], ['--expose', '90/udp', '--volume', '/cache', 'nginx:1'], { expose: ['90/udp'], volumes: ['/cache'] }],
])('%s', (_, args, line, described) => {
  expect(words(...args).slice(2)).toEqual(line)
  expect(service(...args)).toMatchObject(described)
})

test.each<[string, WireSettings['HostConfig'], string[], object]>([
  ['ports', { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }, { HostIp: '::1', HostPort: '8081' }], '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }], '90/tcp': [{}] } }, ['--publish', '8080:80', '--publish', '[::1]:8081:80', '--publish', '127.0.0.1::53/udp', '--publish', '90'], { ports: ['8080:80', '[::1]:8081:80', '127.0.0.1::53/udp', '90'] }],
  ['binds and named volumes', { Binds: ['/srv/a:/a:ro', 'pages:/b'] }, ['--volume', '/srv/a:/a:ro', '--volume', 'pages:/b'], { volumes: ['/srv/a:/a:ro', 'pages:/b'] }],
  ['mounts', { Mounts: [{ Type: 'volume', Source: 'db', Target: '/c', ReadOnly: true, VolumeOptions: { NoCopy: true, Subpath: 'x' } }, { Type: 'bind', Source: '/a,b', Target: '/d' }, { Type: 'tmpfs', Target: '/e', TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 } }] }, ['--mount', 'type=volume,source=db,target=/c,readonly,volume-nocopy,volume-subpath=x', '--mount', 'type=bind,"source=/a,b",target=/d', '--mount', 'type=tmpfs,target=/e,tmpfs-size=1024,tmpfs-mode=700'], { volumes: [{ type: 'volume', source: 'db', target: '/c', read_only: true, volume: { nocopy: true, subpath: 'x' } }, { type: 'bind', source: '/a,b', target: '/d' }, { type: 'tmpfs', target: '/e', tmpfs: { size: 1024, mode: 448 } }] }],
  ['tmpfs', { Tmpfs: { '/run': '', '/tmp': 'size=1m' } }, ['--tmpfs', '/run', '--tmpfs', '/tmp:size=1m'], { tmpfs: ['/run', '/tmp:size=1m'] }],
  ['limits', { Memory: 1024, MemorySwap: 2048, NanoCpus: 5e8, PidsLimit: 9, Ulimits: [{ Name: 'nofile', Soft: 5, Hard: 9 }, { Name: 'core', Soft: 0, Hard: 0 }] }, ['--memory', '1024', '--cpus', '0.5', '--pids-limit', '9', '--ulimit', 'nofile=5:9', '--ulimit', 'core=0'], { mem_limit: 1024, cpus: 0.5, pids_limit: 9, ulimits: { nofile: { soft: 5, hard: 9 }, core: 0 } }],
  ['swap of its own', { Memory: 1024, MemorySwap: -1 }, ['--memory', '1024', '--memory-swap', '-1'], { mem_limit: 1024, memswap_limit: -1 }],
  ['rights', { CapAdd: ['NET_ADMIN'], CapDrop: ['ALL'], ReadonlyRootfs: true, SecurityOpt: ['no-new-privileges'], MaskedPaths: [], PidMode: 'host', IpcMode: 'host', CgroupnsMode: 'host' }, ['--read-only', '--cap-add', 'NET_ADMIN', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--security-opt', 'systempaths=unconfined', '--pid', 'host', '--ipc', 'host', '--cgroupns', 'host'], { read_only: true, cap_add: ['NET_ADMIN'], cap_drop: ['ALL'], security_opt: ['no-new-privileges', 'systempaths=unconfined'], pid: 'host', ipc: 'host', cgroup: 'host' }],
  ['privileged unmasks by itself', { Privileged: true, MaskedPaths: [], SecurityOpt: ['label=disable'] }, ['--privileged'], { privileged: true }],
  ['devices', { Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }, { PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' }] }, ['--device', '/dev/fuse', '--device', '/dev/a:/dev/b:r'], { devices: ['/dev/fuse:/dev/fuse:rwm', '/dev/a:/dev/b:r'] }],
  ['restart, init, logs', { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 }, Init: true, LogConfig: { Type: 'local', Config: { 'max-size': '1m' } } }, ['--restart', 'on-failure:3', '--init', '--log-driver', 'local', '--log-opt', 'max-size=1m'], { restart: 'on-failure:3', init: true, logging: { driver: 'local', options: { 'max-size': '1m' } } }],
  ['names and sysctls', { ExtraHosts: ['a:1.2.3.4'], Dns: ['9.9.9.9'], Sysctls: { 'net.ipv4.ip_forward': '1' } }, ['--dns', '9.9.9.9', '--add-host', 'a:1.2.3.4', '--sysctl', 'net.ipv4.ip_forward=1'], { extra_hosts: ['a:1.2.3.4'], dns: ['9.9.9.9'], sysctls: { 'net.ipv4.ip_forward': '1' } }],
  ['the network of the host', { NetworkMode: 'host' }, ['--network', 'host'], { network_mode: 'host' }],
])('%s', (_, host, line, described) => {
  expect(words({}, host).slice(2, -1)).toEqual(line)
  expect(service({}, host)).toMatchObject(described)
})

test('networks: one with names and address, several in order of the first, its own short id left out', () => {
  const endpoint = { Aliases: ['site', ID.slice(0, 12)], IPAMConfig: { IPv4Address: '10.9.0.5' } }
  expect(words({}, { NetworkMode: 'shop' }, { shop: endpoint })).toEqual(['--name', 'web', '--network', 'shop', '--network-alias', 'site', '--ip', '10.9.0.5', 'nginx:1'])
  expect(words({}, { NetworkMode: 'shop' }, { back: {}, shop: endpoint }).slice(2, -1)).toEqual(['--network', 'name=shop,alias=site,ip=10.9.0.5', '--network', 'name=back'])
  const file = parse(composeFile(settingsOf({}, { NetworkMode: 'shop', Binds: ['pages:/p', '/x:/y'] }, { back: {}, shop: endpoint })).text) as Record<string, unknown>
  expect(file).toMatchObject({ services: { web: { networks: { shop: { aliases: ['site'], ipv4_address: '10.9.0.5' }, back: {} } } }, networks: { shop: { external: true }, back: { external: true } }, volumes: { pages: { external: true } } })
  expect(file['services']).not.toHaveProperty('web.network_mode')
})

test('health checks', () => {
  const health = { Test: ['CMD-SHELL', 'curl -f "$URL" || exit 1'], Interval: 5e9, Timeout: 15e8, Retries: 2 }
  expect(words({ Healthcheck: health }).slice(2, -1)).toEqual(['--health-cmd', 'curl -f "$URL" || exit 1', '--health-interval', '5s', '--health-timeout', '1500ms', '--health-retries', '2'])
  expect(service({ Healthcheck: health })['healthcheck']).toEqual({ test: ['CMD-SHELL', 'curl -f "$$URL" || exit 1'], interval: '5s', timeout: '1500ms', retries: 2 })
  expect(words({ Healthcheck: { Test: ['NONE'] } })).toContain('--no-healthcheck')
  expect(service({ Healthcheck: { Test: ['NONE'] } })['healthcheck']).toEqual({ disable: true })
  const exec = runLine(settingsOf({ Healthcheck: { Test: ['CMD', '/check', 'a b'] } }))
  expect(exec.text).toContain(`--health-cmd '/check '\\''a b'\\'''`)
  expect(exec.remarks).toHaveLength(1)
})

test('what cannot be said is remarked on', () => {
  expect(runLine(settingsOf({ Env: ['PATH=/bin'] })).remarks).toEqual(['The image sets VERSION; the container was made without.'])
  expect(composeFile(settingsOf({}, { AutoRemove: true, PublishAllPorts: true, DeviceRequests: [{}] })).remarks).toHaveLength(3)
})

test('a shell takes every word as it is, and a long line is broken where it may be', () => {
  for (const word of ['', 'a b', "it's", '$HOME', '`id`', 'a\nb', '*', '~', '#x', '!', 'é'])
    expect(quoted(word)).toBe(`'${word.replaceAll("'", `'\\''`)}'`)
  expect(quoted('a=b:/c,d@e%f+g-h.i_j')).toBe('a=b:/c,d@e%f+g-h.i_j')
  const { text } = runLine(settingsOf({ Env: ['PATH=/bin', 'VERSION=1', `LONG=${'x'.repeat(90)}`, 'SPACED=a b'] }))
  expect(text.split(' \\\n  ')).toEqual(['docker run -d', '--name web', `--env LONG=${'x'.repeat(90)}`, `--env 'SPACED=a b'`, 'nginx:1'])
})
