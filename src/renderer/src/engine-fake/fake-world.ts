import type { ContainerState, ContainerSummary } from '#shared/contract/containers.ts'
import type { EngineFacts, HostFacts } from '#shared/contract/engine.ts'
import type { Snapshot } from '#shared/contract/events.ts'
import type { ImageDetail, ImageSummary } from '#shared/contract/images.ts'
import { fakeBuilds } from './fake-builds.ts'
import { fakeConnections } from './fake-connections.ts'
import { fakeAttachments, fakeNetworks } from './fake-networks.ts'
import { defaultSettings, type Settings } from '#shared/contract/settings.ts'

/** Which world the development page shows. */
export type Scene = 'some' | 'empty' | 'many' | 'error' | 'reconnecting' | 'starting' | 'first'

const HOUR = 3_600_000
const hex = (seed: number, length = 64) => Array.from({ length }, (_, index) => ((seed * 2_654_435_761 + index * 40_503 + ((seed * index) % 251)) % 16 >>> 0).toString(16)).join('')
const now = Date.now()

const IMAGES = [
  ['nginx:1.27', 192, [80], []],
  ['postgres:17-alpine', 274, [5432], ['/var/lib/postgresql/data']],
  ['redis:7.4', 117, [6379], ['/data']],
  ['ghcr.io/acme/storefront:2025.11.3', 418, [3000], []],
  ['registry.example.org:5000/team/very-long-name-of-a-service/worker@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 655, [], []],
  ['grafana/grafana:11.3.0', 486, [3000], ['/var/lib/grafana']],
  ['busybox:latest', 4, [], []],
] as const

export const fakeImages = (): ImageSummary[] =>
  IMAGES.map(([name, megabytes], index) => ({ id: `sha256:${hex(index + 900)}`, tags: index === 0 ? [name, 'nginx:latest'] : [name], digests: [`${name.split(':')[0]}@sha256:${hex(index + 300)}`], createdAt: now - (index * 9 + 2) * 24 * HOUR, sizeBytes: megabytes * 1_000_000, labels: {} }))

export function fakeImageDetail(image: ImageSummary): ImageDetail {
  const [name, , ports, volumes] = IMAGES.find(([tag]) => image.tags.includes(tag)) ?? IMAGES[6]
  return {
    ...image,
    architecture: 'amd64',
    os: 'linux',
    author: 'Someone <img src=x onerror=alert(1)>',
    layers: Array.from({ length: 6 }, (_, index) => `sha256:${hex(index)}`),
    defaults: {
      entrypoint: ['/docker-entrypoint.sh'],
      command: [String(name).split(':')[0]?.split('/').at(-1) ?? 'sh', '-g', 'daemon off;'],
      environment: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'NGINX_VERSION=1.27.2', 'PKG_RELEASE=1~bookworm'],
      workingDirectory: '',
      user: '',
      exposedPorts: ports.map((containerPort) => ({ containerPort, protocol: 'tcp' as const })),
      volumes: [...volumes],
      labels: { 'org.opencontainers.image.title': 'A <b>title</b> with markup', maintainer: 'NGINX Docker Maintainers <docker-maint@nginx.com>' },
      stopSignal: 'SIGQUIT',
    },
    raw: { Id: image.id, RepoTags: image.tags, Size: image.sizeBytes, Config: { Env: ['PATH=/usr/local/sbin'], Labels: { a: 'b' } } },
  }
}

const STATES: ContainerState[] = [
  { status: 'running', startedAt: now - 2 * HOUR },
  { status: 'running', startedAt: now - 26 * HOUR, health: 'healthy' },
  { status: 'running', startedAt: now - 5 * HOUR, health: 'unhealthy' },
  { status: 'exited', code: 0, finishedAt: now - 3 * HOUR },
  { status: 'exited', code: 1, finishedAt: now - 12 * 60_000 },
  { status: 'paused', startedAt: now - HOUR },
  { status: 'restarting', code: 2 },
  { status: 'created' },
  { status: 'exited', code: 137, finishedAt: now - 90 * HOUR },
]
const NAMES = ['web', 'shop-database', 'shop-cache', 'storefront', 'nightly-worker-with-a-rather-long-name', 'dashboards', 'trusting_hopper', 'migrate', 'old-worker']
/** Per name: image, state, published port. */
const CAST: readonly (readonly [image: number, state: number, hostPort: number])[] = [[0, 0, 8080], [1, 1, 5432], [2, 0, 0], [3, 2, 3000], [4, 6, 0], [5, 5, 3001], [6, 3, 0], [3, 4, 0], [4, 8, 0]]

export function fakeContainer(index: number, images: readonly ImageSummary[]): ContainerSummary {
  const cast = CAST[index % CAST.length] ?? [0, 0, 0]
  const many = index >= CAST.length
  const image = images[cast[0]] as ImageSummary
  const port = IMAGES[cast[0]]?.[2][0]
  const hostPort = cast[2] === 0 ? undefined : cast[2] + (many ? 10_000 + index : 0)
  const state = (many ? STATES[(index * 7) % STATES.length] : STATES[cast[1]]) as ContainerState
  const name = many ? `${NAMES[index % NAMES.length]}-${index}` : (NAMES[index] ?? 'web')
  return {
    id: hex(index + 1),
    name,
    image: image.tags[0] ?? image.id,
    imageId: image.id,
    command: 'nginx -g "daemon off;"',
    createdAt: now - (index * 1.7 + 2.2) * HOUR,
    state,
    statusText: '',
    ports: port === undefined ? [] : hostPort === undefined ? [{ containerPort: port, protocol: 'tcp' }] : ['0.0.0.0', '::'].map((hostIp) => ({ containerPort: port, protocol: 'tcp' as const, hostIp, hostPort })),
    mounts: (IMAGES[cast[0]]?.[3] ?? []).map((target) => ({ kind: 'volume' as const, source: index % 3 === 1 ? `${name}-data` : hex(index + 70), target, readOnly: false })),
    networks: [{ network: index % 3 === 0 ? 'bridge' : 'shop_default', ipv4: state.status === 'running' ? `172.${index % 3 === 0 ? 17 : 18}.${Math.floor(index / 250)}.${(index % 250) + 2}` : undefined, aliases: index % 3 === 0 ? [] : [name] }],
    labels: { 'com.example.note': '<script>alert(1)</script>' },
  }
}

export const fakeFacts: EngineFacts = { product: 'Slipway', version: '0.1.0', apiVersion: '1.47', operatingSystem: 'Debian GNU/Linux 12 (bookworm)', architecture: 'x86_64', kernel: '6.18.0-amd64', cpus: 8, memoryBytes: 16_400_000_000, warnings: [], slipway: true }

export const fakeHost: HostFacts = {
  rootless: true, kernel: '6.18.0-amd64', operatingSystem: 'Debian GNU/Linux 12 (bookworm)', architecture: 'x86_64', cpus: 8, memoryBytes: 16_400_000_000,
  runtime: { name: 'crun', path: '/usr/bin/crun', version: '1.8.1' }, storage: 'overlay', cgroup: { mode: 'unified', driver: 'cgroupfs', controllers: ['memory', 'pids'] }, seccomp: true, apparmor: false,
  checks: [
    { id: 'runtime', status: 'ok', finding: 'crun 1.8.1 at /usr/bin/crun' },
    { id: 'overlay', status: 'ok', finding: 'overlayfs works on the data root.' },
    { id: 'user-namespaces', status: 'ok', finding: 'Users may make user namespaces.' },
    { id: 'subuid', status: 'missing', finding: 'ada has 0 subordinate uids and 0 gids.', consequence: 'The engine cannot run without root.', remedy: 'sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ada' },
    { id: 'nft', status: 'ok', finding: 'nftables 1.0.6' },
    { id: 'ip', status: 'ok', finding: 'iproute2 6.1.0' },
    { id: 'cgroup', status: 'degraded', finding: 'cgroup unified, managed by cgroupfs; controllers: memory pids', consequence: 'Limits of cpu are not enforced.', remedy: 'sudo systemctl edit user@.service   # add: [Service] Delegate=cpu memory pids' },
    { id: 'tun', status: 'ok', finding: '/dev/net/tun can be used.' },
    { id: 'shim', status: 'ok', finding: 'slipway-shim 0.1.0' },
  ],
}

export function fakeSnapshot(scene: Scene, settings: Partial<Settings>, count?: number): Snapshot {
  const empty = scene === 'empty' || scene === 'error' || scene === 'starting' || scene === 'first'
  const images = empty ? [] : fakeImages()
  const networks = scene === 'starting' || scene === 'error' ? [] : fakeNetworks(scene === 'many', hex)
  const containers = empty ? [] : fakeAttachments(Array.from({ length: count ?? (scene === 'many' ? 1000 : CAST.length) }, (_, index) => fakeContainer(index, images)), networks)
  const state: Snapshot['connections'][number]['state'] =
    scene === 'error' ? { status: 'failed', error: { code: 'failed-precondition', reason: 'no-runtime', message: 'Neither crun nor runc is installed.', hint: 'sudo apt-get install -y crun' } }
    : scene === 'reconnecting' ? { status: 'reconnecting', since: now - 4000, reason: 'the engine ended unexpectedly (SIGKILL)' }
    : scene === 'starting' ? { status: 'connecting' }
    : { status: 'ready', since: now - HOUR, facts: fakeFacts }
  return {
    connection: 'embedded',
    connections: fakeConnections({ id: 'embedded', name: 'This machine', place: 0, target: { kind: 'embedded', socketPath: '/run/user/1000/slipway/docker.sock' }, state }, scene),
    engine: scene === 'starting' ? { status: 'starting' } : { status: 'running', pid: 4242, since: now - HOUR },
    settings: { ...defaultSettings, welcomed: scene !== 'first', ...settings },
    containers,
    images,
    builds: empty ? [] : fakeBuilds(),
    update: { status: 'current' },
    networks,
    volumes: [...new Set(containers.flatMap(({ mounts }) => mounts.map(({ source }) => source)))].map((name, index) => ({ name, driver: 'local', mountpoint: `/home/ada/.local/share/slipway/volumes/${name}/_data`, createdAt: now - index * 30 * HOUR, labels: {}, anonymous: /^[0-9a-f]{64}$/.test(name) })),
  }
}
