import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openContentStore } from '../../../core/content/disk-content-store.ts'
import type { EngineEvent } from '../../../core/events/event-bus.ts'
import { createEventBus } from '../../../core/events/create-event-bus.ts'
import { createLayers } from '../../../core/layers/worker-layers.ts'
import { createLeases } from '../../../core/leases/leases.ts'
import { createMemoryMetadataStore } from '../../../core/metadata/memory-metadata-store.ts'
import { createRegistry } from '../../../core/registry/create-registry.ts'
import { openSnapshotter } from '../../../core/snapshots/open-snapshotter.ts'
import { hostWith } from '../../../core/snapshots/testing/test-host.ts'
import { createImages } from '../images.ts'
import type { ContainerUse } from '../needs.ts'

/** The whole of images on a folder of its own: real disk, threads, mounts and HTTP. */
export async function startTestImages(storage: 'overlay' | 'copy' = 'overlay') {
  await using undo = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'images-service-'))
  undo.defer(() => {
    for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n').reverse()) if (line.split(' ')[4]?.startsWith(folder)) execFileSync('umount', ['-l', line.split(' ')[4]!])
    rmSync(folder, { recursive: true, force: true })
  })
  mkdirSync(join(folder, 'tmp'))
  const metadata = createMemoryMetadataStore()
  const layers = undo.use(createLayers())
  const content = await openContentStore(join(folder, 'content'))
  const snapshots = await openSnapshotter({ root: join(folder, 'snapshots'), host: hostWith(storage), metadata, layers })
  const registry = undo.use(createRegistry({ retryDelay: 1 }))
  const bus = createEventBus()
  const events: EngineEvent[] = []
  undo.use(bus.subscribe((event) => void events.push(event)))
  const uses = new Map<string, ContainerUse[]>()
  const leases = createLeases()
  const images = createImages({ content, layers, snapshots, registry, metadata, events: bus, leases, platform: { os: 'linux', architecture: 'amd64' }, temporary: join(folder, 'tmp'), needs: { containersUsing: (image) => uses.get(image) ?? [] } })
  const kept = undo.move()
  return {
    images,
    content,
    snapshots,
    layers,
    events,
    uses,
    leases,
    metadata,
    folder,
    /** Files of an image as a container would see them: path → content. */
    async files(name: string): Promise<Record<string, string>> {
      const { chain } = await images.resolve(name)
      const target = join(folder, 'view')
      await snapshots.mountView(chain!, target)
      try {
        const paths = execFileSync('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: target, encoding: 'utf8' }).trim().split('\n').filter(Boolean)
        return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(target, path), 'utf8')]))
      } finally {
        await snapshots.unmount(target)
      }
    },
    blobs: async () => (await Array.fromAsync(content.list())).length,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
export type TestImages = Awaited<ReturnType<typeof startTestImages>>
