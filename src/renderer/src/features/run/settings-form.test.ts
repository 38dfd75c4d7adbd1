import { expect, test } from 'vitest'
import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import { containerSettings } from '#shared/contract/container-settings.ts'
import { networkRow, pairRow, portRow } from './run-form.ts'
import { formOf, settingsOf } from './settings-form.ts'

const full: ContainerSettings = {
  name: 'web', image: 'nginx:1', command: ['nginx', '-g', 'daemon off;'], entrypoint: ['/docker "entry".sh', ''], environment: ['PATH=/bin', 'EMPTY=', 'BARE', 'URL=a=b'],
  workingDirectory: '/srv', user: '1000:1000', hostname: '', tty: true, interactive: false,
  ports: [{ containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8080 }, { containerPort: 53, protocol: 'udp' }], publishAll: false,
  mounts: [{ kind: 'bind', source: '/srv/site', target: '/site', readOnly: true }, { kind: 'volume', source: 'data', target: '/data' }, { kind: 'tmpfs', target: '/tmp' }],
  networks: [{ network: 'shop', aliases: ['web', 'www'], ipv4: '172.20.0.9', mac: '02:00:00:00:00:01', driverOptions: { a: 'b' }, gatewayPriority: 3 }],
  restart: { policy: 'on-failure', maximumRetries: 4 }, limits: { memoryBytes: 100_000_001, cpus: 1.5, pids: 100 }, labels: { 'com.docker.compose.project': 'shop', note: 'a=b\nc' },
  capabilitiesAdded: ['NET_ADMIN'], capabilitiesDropped: ['ALL'], privileged: true, readOnlyRoot: true, init: false, devices: [{ host: '/dev/dri', container: '/dev/dri', permissions: 'rw' }],
  dnsServers: ['1.1.1.1'], dnsSearch: ['example.org'], extraHosts: ['db:10.0.0.1'], logging: { driver: 'json-file', options: { 'max-size': '10m' } },
  healthCheck: { kind: 'command', test: ['CMD', 'curl', '-f', 'http://localhost/a b'], interval: 1.5, retries: 2 }, stopSignal: 'SIGQUIT', stopSeconds: 0, shmBytes: 67_108_865, sysctls: { 'net.core.somaxconn': '9' }, ulimits: ['nofile=1:2'], groups: ['audio'], securityOptions: ['no-new-privileges'],
}

test('what is not touched is passed on as it was, down to the last byte', () => {
  expect(settingsOf(formOf(full), full)).toEqual(full)
  expect(settingsOf(formOf(full, ['PATH=/bin']), full)).toEqual(full)
})

test('what is touched is written anew, and nothing else', () => {
  const form = formOf(full)
  form.variables[1]!.value = 'now'
  form.labels.push(pairRow({ name: 'new', value: '1' }))
  form.ports = [portRow({ containerPort: '80', hostPort: '9090' })]
  form.memoryMegabytes = '256'
  form.healthInterval = '5'
  expect(settingsOf(form, full)).toEqual({
    ...full,
    environment: ['PATH=/bin', 'EMPTY=now', 'BARE=', 'URL=a=b'],
    labels: { ...full.labels, new: '1' },
    ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 9090 }],
    limits: { memoryBytes: 256 * 1_048_576, cpus: 1.5, pids: 100 },
    healthCheck: { kind: 'command', test: ['CMD-SHELL', 'curl -f "http://localhost/a b"'], interval: 5, retries: 2 },
  })
})

test('emptied fields take settings away, and the machine\'s network takes the others', () => {
  const form = formOf(full)
  Object.assign(form, { capabilitiesAdded: '', logDriver: '', privileged: false, health: 'none', networkMode: 'host', stopSignal: '', sysctls: '' })
  const { capabilitiesAdded: _a, logging: _l, privileged: _p, stopSignal: _s, sysctls: _y, ...rest } = full
  expect(settingsOf(form, full)).toEqual({ ...rest, networkMode: 'host', networks: [], healthCheck: { kind: 'none' } })
})

test('a network that is added needs no more than its name, and the contract takes all of it', () => {
  const form = formOf(full)
  form.networks.push(networkRow({ network: 'back' }))
  const settings = settingsOf(form, full)
  expect(settings.networks).toEqual([full.networks[0], { network: 'back' }])
  expect(containerSettings(settings, '')).toEqual(settings)
})
