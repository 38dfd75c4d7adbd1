import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { DiskUsage } from '#shared/contract/system.ts'
import type { Connection } from './connection.ts'
import { each } from './each.ts'
import { checkUp } from './check-up.ts'
import type { EngineApi } from './engine-api.ts'
import type { Operation } from './operation.ts'

/** What is used of GET /system/df. */
interface WireUsage {
  LayersSize?: number
  Images?: { Id: string; RepoTags?: string[] | null; Size: number; SharedSize: number; Containers: number }[] | null
  Containers?: { Id: string; Names?: string[] | null; SizeRw?: number; State: string; ImageID?: string; Mounts?: { Type: string; Name?: string }[] | null }[] | null
  Volumes?: { Name: string; UsageData?: { Size: number; RefCount: number } | null; Labels?: Record<string, string> | null }[] | null
  BuildCache?: { Size: number; Shared?: boolean }[] | null
  BuilderSize?: number
}

export function systemOf({ api }: Pick<Connection, 'api'>): Implementation<Contract, Operation>['system'] {
  return {
    checkUp: ({ repair }, { signal }) => checkUp(api, repair, signal),
    diskUsage: (_, { signal }) => readUsage(api, signal),
    async cleanUp({ containers, images, volumes, buildCache }, { progress }) {
      const total = containers.length + images.length + volumes.length + (buildCache ? 1 : 0)
      let done = 0
      const step = async (act: Promise<unknown>) => {
        try {
          await act
        } finally {
          progress({ kind: 'bytes', current: ++done, total })
        }
      }
      const removed = [
        ...(await each(containers, (id) => step(api.json('DELETE', `/containers/${id}`, { query: { v: true } })))),
        ...(await oneByOne(images, (id) => step(api.json('DELETE', `/images/${encodeURI(id)}`)))),
        ...(await each(volumes, (name) => step(api.json('DELETE', `/volumes/${encodeURIComponent(name)}`)))),
      ]
      return buildCache ? [...removed, ...(await each(['build cache'], () => step(api.json('POST', '/build/prune', { query: { all: true } }))))] : removed
    },
  }
}

/** Images one after the other: one may be the parent of the next. */
async function oneByOne(ids: readonly string[], act: (id: string) => Promise<unknown>) {
  const outcomes = []
  for (const id of ids) outcomes.push(...(await each([id], act)))
  return outcomes
}

async function readUsage(api: EngineApi, signal: AbortSignal): Promise<DiskUsage> {
  const [usage, disk] = await Promise.all([
    api.json<WireUsage>('GET', '/system/df', { signal }),
    api.json<{ Path: string; Total: number; Free: number }>('GET', '/slipway/host/disk', { signal }).catch(() => undefined),
  ])
  const images = usage.Images ?? []
  const containers = usage.Containers ?? []
  const holdersOf = (holds: (container: (typeof containers)[number]) => boolean | undefined) => containers.filter(holds).map(({ Id }) => Id)
  return {
    imagesBytes: usage.LayersSize ?? images.reduce((sum, { Size }) => sum + Size, 0),
    images: images.map(({ Id, RepoTags, Size, SharedSize, Containers }) => ({ id: Id, tags: (RepoTags ?? []).filter((tag) => !tag.startsWith('<none>')), bytes: Size, ownBytes: Math.max(0, Size - Math.max(0, SharedSize)), containers: Containers, holders: holdersOf(({ ImageID }) => ImageID === Id) })),
    containers: containers.map(({ Id, Names, SizeRw, State }) => ({ id: Id, name: Names?.[0]?.replace(/^\//, '') ?? Id.slice(0, 12), bytes: SizeRw ?? 0, running: State === 'running' || State === 'paused' || State === 'restarting' })),
    volumes: (usage.Volumes ?? []).map(({ Name, UsageData, Labels }) => ({ name: Name, bytes: Math.max(0, UsageData?.Size ?? 0), containers: Math.max(0, UsageData?.RefCount ?? 0), holders: holdersOf(({ Mounts }) => Mounts?.some(({ Type, Name: mounted }) => Type === 'volume' && mounted === Name)), anonymous: Labels?.['com.docker.volume.anonymous'] !== undefined || /^[0-9a-f]{64}$/.test(Name) })),
    buildCacheBytes: usage.BuildCache?.reduce((sum, { Size, Shared }) => sum + (Shared ? 0 : Size), 0) ?? usage.BuilderSize ?? 0,
    ...(disk && { disk: { path: disk.Path, totalBytes: disk.Total, freeBytes: disk.Free } }),
  }
}
