import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { ImageStep, ImageSurvey } from '#shared/contract/images.ts'
import type { DiskUsage } from '#shared/contract/system.ts'
import { fakeCheckUp } from './fake-check-up.ts'
import type { Snapshot } from '#shared/contract/events.ts'
import type { SurveyedFile } from '#shared/images/layer-survey.ts'
import { fakeBuildDetail, fakeBuildFolder } from './fake-builds.ts'
import type { FakeCalls } from './fake-calls.ts'
import { wait } from './wait.ts'

const STEPS: [by: string, megabytes: number][] = [
  ['ADD rootfs.tar.xz / # buildkit', 78],
  ['CMD ["bash"]', 0],
  ['ENV NGINX_VERSION=1.27.2', 0],
  ['RUN /bin/sh -c set -x && groupadd --system --gid 101 nginx && useradd --system --gid nginx nginx && apt-get update && apt-get install --no-install-recommends -y gnupg1 ca-certificates # buildkit', 102],
  ['COPY docker-entrypoint.sh / # buildkit', 0.002],
  ['RUN /bin/sh -c rm -rf /var/lib/apt/lists/* && chown -R nginx /usr/share/nginx # buildkit', 9],
  ['EXPOSE map[80/tcp:{}]', 0],
  ['CMD ["nginx" "-g" "daemon off;"]', 0],
]
const history = (): ImageStep[] => {
  let layer = 0
  return STEPS.map(([createdBy, megabytes]) => ({ createdAt: Date.now() - 86_400_000, createdBy, comment: '', sizeBytes: megabytes * 1_000_000, ...(megabytes > 0 && { layer: layer++ }) }))
}
const survey: ImageSurvey = {
  layers: [78, 102, 0.002, 9].map((megabytes, index) => ({ bytes: megabytes * 1_000_000, files: [6412, 2210, 1, 34][index] ?? 0, added: [6412, 2198, 1, 0][index] ?? 0, changed: [0, 12, 0, 28][index] ?? 0, deleted: [0, 0, 0, 6][index] ?? 0, wastedBytes: [1_200_000, 26_400_000, 0, 0][index] ?? 0 })),
  bytes: 189_002_000,
  wastedBytes: 27_600_000,
  wastedFiles: 214,
  wasted: [['/var/lib/apt/lists/mirror.example.org_dists_stable_main_binary-amd64_Packages.lz4', 17_900_000, 'deleted'], ['/usr/share/nginx/modules/ngx_http_js_module.so', 6_100_000, 'changed'], ['/var/cache/debconf/templates.dat', 1_200_000, 'changed']].map(([path, bytes, end]) => ({ path: String(path), bytes: Number(bytes), layers: [1], end: end as 'deleted' })),
}

function files(layer: number): SurveyedFile[] {
  const folders = ['bin', 'etc', 'etc/nginx', 'etc/nginx/conf.d', 'usr', 'usr/lib', 'usr/share', 'usr/share/nginx', 'var', 'var/lib', 'var/lib/apt']
  const some = Array.from({ length: layer === 2 ? 3 : 6000 }, (_, index): SurveyedFile => ({ path: `/${folders[index % folders.length]}/file-${index}${index % 9 === 0 ? '.so' : ''}`, type: index % 31 === 0 ? 'symlink' : 'file', change: layer === 0 ? 'added' : index % 5 === 0 ? 'changed' : index % 13 === 0 ? 'deleted' : 'added', bytes: ((index * 7919) % 90_000) + 10, ...(index % 31 === 0 && { target: '../lib/other.so' }), ...(index % 17 === 0 && { hiddenBy: 3 }) }))
  return [...folders.map((path): SurveyedFile => ({ path: `/${path}`, type: 'directory', change: 'kept', bytes: 0 })), ...some]
}
export function fakeLayerFiles(layer: number, listener: StreamListener): StreamPort {
  listener.message(files(layer), 0)
  listener.end()
  return { send: () => undefined, ack: () => undefined, close: () => undefined }
}

const heldBy = (holders: Snapshot['containers']) => ({ containers: holders.length, holders: holders.map(({ id }) => id) })
const usage = ({ images, containers, volumes }: Snapshot): DiskUsage => ({
  imagesBytes: images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  images: [...images.map(({ id, tags, sizeBytes }) => ({ id, tags, bytes: sizeBytes, ownBytes: sizeBytes * 0.6, ...heldBy(containers.filter(({ imageId }) => imageId === id)) })), ...(images.length > 0 ? [{ id: `sha256:${'e'.repeat(64)}`, tags: [], bytes: 421_000_000, ownBytes: 88_000_000, ...heldBy([]) }, { id: `sha256:${'d'.repeat(64)}`, tags: [], bytes: 419_000_000, ownBytes: 86_000_000, ...heldBy([]) }] : [])],
  containers: containers.slice(0, 40).map(({ id, name, state }, index) => ({ id, name, bytes: index * 1_300_000, running: state.status === 'running' })),
  volumes: [...volumes.map(({ name, anonymous }, index) => ({ name, bytes: (index + 1) * 91_000_000, ...heldBy(containers.filter(({ mounts }) => mounts.some(({ source }) => source === name))), anonymous })), ...(volumes.length > 0 ? [{ name: 'old-shop-data', bytes: 1_240_000_000, ...heldBy([]), anonymous: false }, { name: 'f'.repeat(64), bytes: 12_000_000, ...heldBy([]), anonymous: true }] : [])],
  buildCacheBytes: images.length > 0 ? 640_000_000 : 0,
  disk: { path: '/home/ada/.local/share/slipway', totalBytes: 512_000_000_000, freeBytes: 14_800_000_000 },
})

export const fakeImageCalls = ({ world }: { world: Snapshot }): FakeCalls => ({
  'images.history': history,
  'images.tags': async ({ repository }: { repository: string }) => (await wait(200), repository.includes('/') ? ['latest', 'v2.1.0', 'v2.0.3'] : ['latest', 'alpine', 'stable', '1.27.3', '1.27.3-alpine', '1.27', '1.27-alpine', '1.26.2', '1.26']),
  'images.survey': async () => (await wait(300), survey),
  'images.sharedSizes': () => world.images.map(({ id, sizeBytes }, index) => ({ id, bytes: index % 2 === 0 ? 0 : Math.round(sizeBytes * 0.4) })),
  'images.askRegistry': async ({ references }: { references: string[] }) => (await wait(600), references.map((reference, index) => ({ reference, newer: index === 1 }))),
  'system.checkUp': fakeCheckUp,
  'system.diskUsage': async () => (await wait(200), usage(world)),
  'system.cleanUp': async () => (await wait(800), []),
  'builds.openFolder': fakeBuildFolder,
  'builds.inspect': ({ id }: { id: string }) => fakeBuildDetail(world.builds.find((build) => build.id === id) ?? (world.builds[0] as Snapshot['builds'][number])),
  'builds.saveDockerfile': () => undefined,
  'builds.list': () => world.builds,
  'builds.start': () => world.builds[0],
  'builds.follow': ({ id }: { id: string }) => world.builds.find((build) => build.id === id),
})
