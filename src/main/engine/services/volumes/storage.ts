import { closeSync, constants, openSync, readlinkSync } from 'node:fs'
import { lstat, mkdir, opendir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { Host } from '../../core/host/host.ts'
import type { Layout } from '../../layout.ts'
import type { VolumeRecord } from './volumes.ts'

/** Folders of volumes on disk, and what mount(8) puts over them. */
export interface VolumeStorage {
  folder(name: string): string
  create(name: string): Promise<void>
  remove(name: string): Promise<void>
  acquire(record: VolumeRecord, holder: string, subpath: string | undefined): Promise<string>
  /** `stillUsed`: another running container has it, known from records where this engine did not see it acquire. */
  release(name: string, holder: string, stillUsed: boolean): Promise<void>
  /** @throws invalid-argument */
  checkOptions(options: Readonly<Record<string, string>>): void
  size(name: string): Promise<number>
}

const KNOWN_OPTIONS = new Set(['type', 'device', 'o', 'size'])

export function createVolumeStorage({ host, layout }: { host: Pick<Host, 'run' | 'syscalls'>; layout: Layout }): VolumeStorage {
  const folder = (name: string) => join(layout.volumes, name, '_data')
  const holders = new Map<string, Set<string>>()
  return {
    folder,
    async create(name) {
      await mkdir(layout.volumes, { recursive: true, mode: 0o711 })
      await mkdir(join(layout.volumes, name), { recursive: true, mode: 0o711 })
      await mkdir(folder(name), { recursive: true, mode: 0o755 })
    },
    async remove(name) {
      if (await isMounted(folder(name))) host.syscalls.unmount(folder(name), { detach: true })
      await rm(join(layout.volumes, name), { recursive: true, force: true })
    },
    async acquire(record, holder, subpath) {
      const path = folder(record.name)
      if (record.options['device'] && !(await isMounted(path))) await mountOptions(host, record, path)
      const mine = holders.get(record.name) ?? new Set()
      holders.set(record.name, mine.add(holder))
      return subpath ? resolveSubpath(host, path, subpath) : path
    },
    async release(name, holder, stillUsed) {
      const mine = holders.get(name)
      mine?.delete(holder)
      if (mine?.size === 0) holders.delete(name)
      if (!stillUsed && !holders.has(name) && (await isMounted(folder(name)))) host.syscalls.unmount(folder(name), { detach: true })
    },
    checkOptions(options) {
      for (const option of Object.keys(options)) if (!KNOWN_OPTIONS.has(option)) throw new EngineError('invalid-argument', `create: invalid option: ${JSON.stringify(option)}`, { field: 'driverOptions' })
      if ((options['type'] || options['o']) && !options['device']) throw new EngineError('invalid-argument', `create: missing required option: "device"`, { field: 'driverOptions' })
    },
    size: (name) => sizeOf(folder(name)),
  }
}

async function mountOptions(host: Pick<Host, 'run'>, { name, options }: VolumeRecord, target: string): Promise<void> {
  const { type, device = '', o } = options
  const result = await host.run('mount', [...(type ? ['-t', type] : []), ...(o ? ['-o', o] : []), '--', device, target], { allowFailure: true })
  if (result.code !== 0) throw new EngineError('failed-precondition', `error while mounting volume '${target}': failed to mount local volume ${name}: ${result.stderr.trim()}`, { reason: 'mount-failed' })
}

/** The folder inside the volume, links followed as if the volume were `/`. */
function resolveSubpath(host: Pick<Host, 'syscalls'>, root: string, subpath: string): string {
  const rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const fd = host.syscalls.openInRoot(rootFd, subpath, constants.O_RDONLY)
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    throw new EngineError('invalid-argument', `cannot access path ${subpath} in the volume: no such file or directory`, { field: 'mounts', cause })
  } finally {
    closeSync(rootFd)
  }
}

/** /proc/self/mountinfo escapes blanks; names of volumes have none, but the data root may. */
async function isMounted(path: string): Promise<boolean> {
  const escaped = path.replaceAll('\\', '\\134').replaceAll(' ', '\\040')
  return (await readFile('/proc/self/mountinfo', 'utf8')).includes(` ${escaped} `)
}

async function sizeOf(path: string): Promise<number> {
  let total = 0
  for await (const entry of await opendir(path, { recursive: true })) {
    if (!entry.isDirectory()) total += await lstat(join(entry.parentPath, entry.name)).then((stat) => stat.size, () => 0)
  }
  return total
}
