import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyedMutex } from '#base/keyed-mutex.ts'

/** Folders that RUN --mount=type=cache keeps from build to build. The id is hashed, so it is a name and never a path. */
export interface CacheMounts {
  /** `locked` waits until no other step holds the id; `private` gives a fresh folder while another does. */
  use<Result>(request: { id: string; sharing: string; mode?: number; uid?: number; gid?: number }, work: (folder: string) => Promise<Result>): Promise<Result>
  clear(): Promise<void>
}

export function createCacheMounts(root: string): CacheMounts {
  const locks = new KeyedMutex()
  const inUse = new Map<string, number>()

  const open = async (name: string, request: { mode?: number; uid?: number; gid?: number }) => {
    const folder = join(root, name)
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
  /** The first of name, name-1, name-2, … that nobody holds. */
  const unused = (name: string) => {
    for (let suffix = 0; ; suffix++) {
      const candidate = suffix === 0 ? name : `${name}-${suffix}`
      if ((inUse.get(candidate) ?? 0) === 0) return candidate
    }
  }

  return {
    use(request, work) {
      const name = createHash('sha256').update(request.id).digest('hex').slice(0, 32)
      if (request.sharing === 'locked') return locks.run(name, () => counted(name, async () => work(await open(name, request))))
      const chosen = request.sharing === 'private' ? unused(name) : name
      return counted(chosen, async () => work(await open(chosen, request)))
    },
    async clear() {
      for (const name of await readdir(root).catch(() => [])) if ((inUse.get(name) ?? 0) === 0) await rm(join(root, name), { recursive: true, force: true })
    },
  }
}
