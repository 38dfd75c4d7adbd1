import { createHash } from 'node:crypto'
import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import { removeDeep } from '#base/remove-tree.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'

/** Folders that RUN --mount=type=cache keeps from build to build. The id is hashed, so it is a name and never a path. */
export interface CacheMounts {
  /** `locked` waits until no other step holds the id; `private` gives a fresh folder while another does. */
  use<Result>(request: CacheMountRequest, work: (folder: string) => Promise<Result>): Promise<Result>
  list(): CacheMount[]
  /** One that is in use stays. */
  remove(name: string): Promise<void>
}

export interface CacheMountRequest {
  id: string
  sharing: string
  mode?: number
  uid?: number
  gid?: number
}

export interface CacheMount extends MountRecord {
  folder: string
  inUse: boolean
}

interface MountRecord {
  name: string
  /** Its id, which by default is where it was mounted first. */
  target: string
  /** RFC 3339. */
  createdAt: string
  lastUsedAt: string
  usageCount: number
}

export function createCacheMounts(root: string, metadata: MetadataStore): CacheMounts {
  const records = metadata.collection<MountRecord>('build-cache-mounts')
  const locks = new KeyedMutex()
  const inUse = new Map<string, number>()

  const open = async (name: string, request: CacheMountRequest) => {
    const folder = join(root, name)
    const lastUsedAt = new Date().toISOString()
    const known = records.find(name) ?? { name, target: request.id, createdAt: lastUsedAt, usageCount: 0 }
    records.put(name, { ...known, lastUsedAt, usageCount: known.usageCount + 1 })
    const made = await mkdir(folder, { recursive: true })
    if (made !== undefined) {
      await chown(folder, request.uid ?? 0, request.gid ?? 0)
      await chmod(folder, request.mode ?? 0o755)
    }
    return folder
  }
  const counted = async <Result>(name: string, work: () => Promise<Result>) => {
    inUse.set(name, (inUse.get(name) ?? 0) + 1)
    try {
      return await work()
    } finally {
      inUse.set(name, inUse.get(name)! - 1)
    }
  }
  const isUsed = (name: string) => (inUse.get(name) ?? 0) > 0
  /** The first of name, name-1, name-2, … that nobody holds. */
  const unused = (name: string) => {
    for (let suffix = 0; ; suffix++) {
      const candidate = suffix === 0 ? name : `${name}-${suffix}`
      if (!isUsed(candidate)) return candidate
    }
  }

  return {
    use(request, work) {
      const name = createHash('sha256').update(request.id).digest('hex').slice(0, 32)
      if (request.sharing === 'locked') return locks.run(name, () => counted(name, async () => work(await open(name, request))))
      const chosen = request.sharing === 'private' ? unused(name) : name
      return counted(chosen, async () => work(await open(chosen, request)))
    },
    list: () => records.list().map((record) => ({ ...record, folder: join(root, record.name), inUse: isUsed(record.name) })),
    async remove(name) {
      if (isUsed(name) || !records.find(name)) return
      await removeDeep(join(root, name))
      records.delete(name)
    },
  }
}
