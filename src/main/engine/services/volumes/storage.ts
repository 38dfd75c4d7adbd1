import { createHash } from 'node:crypto'
import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { removeDeep } from '#base/remove-tree.ts'
import { leadsOut } from './leads-out.ts'
import { errnoOf, fromSystemError } from '#base/system-error.ts'
import { breathe } from '../../core/files/breathe.ts'
import type { Host } from '../../core/host/host.ts'
import { walkTree } from '../../core/layers/tree-walk.ts'
import type { Layout } from '../../layout.ts'
import { mountLocal } from './local-options.ts'
import type { VolumeRecord } from './record.ts'

/** Folders of volumes on disk, and what is mounted over them. */
export interface VolumeStorage {
  folder(name: string): string
  create(name: string): Promise<void>
  remove(name: string): Promise<void>
  acquire(record: VolumeRecord, holder: string, subpath?: string): Promise<string>
  /** `stillUsed`: another running container has it, known from records where this engine did not see it acquire. */
  release(name: string, holder: string, stillUsed: boolean): Promise<void>
  /** By anybody that this engine knows of. */
  isHeld(name: string): boolean
  /** Bytes of its files, each hard link counted once. */
  size(name: string): Promise<number>
}

const O_PATH = 0o10000000

export function createVolumeStorage({ host, layout }: { host: Pick<Host, 'syscalls'>; layout: Layout }): VolumeStorage {
  const folder = (name: string) => join(layout.volumes, name, '_data')
  const holders = new Map<string, Set<string>>()
  return {
    folder,
    async create(name) {
      await ensureFolder(layout.volumes, 0o711)
      await ensureFolder(join(layout.volumes, name), 0o711)
      await ensureFolder(folder(name), 0o755)
    },
    async remove(name) {
      if (await isMounted(folder(name))) await host.syscalls.detach(folder(name))
      await removeDeep(join(layout.volumes, name))
    },
    async acquire(record, holder, subpath) {
      const path = folder(record.name)
      if (!existsSync(path)) throw new EngineError('data-loss', `the folder of volume ${record.name} is gone: ${path}`, { reason: 'volume-missing', hint: 'Put it back from a backup, or remove the volume.' })
      if (record.options['device'] !== undefined && !(await isMounted(path))) await mountLocal(host.syscalls, record, path)
      const source = subpath ? await mountSubpath(host, path, subpath, layout.volumeSubpath(nameOf(holder, record.name) + hashOf(subpath))) : path
      const mine = holders.get(record.name) ?? new Set()
      holders.set(record.name, mine.add(holder))
      return source
    },
    async release(name, holder, stillUsed) {
      releaseSubpaths(host, layout, nameOf(holder, name))
      const mine = holders.get(name)
      mine?.delete(holder)
      if (mine?.size === 0) holders.delete(name)
      if (!stillUsed && !holders.has(name) && (await isMounted(folder(name)))) await host.syscalls.detach(folder(name))
    },
    isHeld: (name) => holders.has(name),
    size: (name) => sizeOf(folder(name)),
  }
}

/** Not `recursive`: of a file system that is read-only that says that there is no such file. */
async function ensureFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw fromSystemError(error, 'cannot make a volume')
  })
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 24)
/** The same after a restart of the engine, so that what an earlier one mounted is found. */
const nameOf = (holder: string, volume: string) => `${hashOf(holder)}-${hashOf(volume)}-`

/**
 * A place in a volume, mounted somewhere that only the engine can change: between finding it and the start of a container whoever has the volume
 * could put a link in its stead, which the runtime would follow on the host. A link that leads out of the volume is
 * refused as Docker does; should one be put there after that look, it is followed as if the volume were `/`.
 */
async function mountSubpath(host: Pick<Host, 'syscalls'>, root: string, subpath: string, target: string): Promise<string> {
  const rootDescriptor = openSync(root, O_PATH | constants.O_DIRECTORY)
  let descriptor: number | undefined
  try {
    refuseEscape(root, subpath)
    descriptor = openPlace(host, rootDescriptor, subpath)
    if (await isMounted(target)) return target
    if (fstatSync(descriptor).isDirectory()) await mkdir(target, { recursive: true, mode: 0o700 })
    else await mkdir(join(target, '..'), { recursive: true, mode: 0o700 }).then(() => writeFile(target, ''))
    host.syscalls.mount({ source: `/proc/self/fd/${descriptor}`, target, type: '', flags: ['bind', 'recursive'] })
    return target
  } finally {
    closeSync(rootDescriptor)
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function refuseEscape(root: string, subpath: string): void {
  if (leadsOut(root, subpath)) throw new EngineError('invalid-argument', `path concatenation escapes the base directory, base: ${root}, subpath: ${subpath}`, { field: 'mounts', reason: 'escapes', hint: 'A link in the volume leads out of it; relative ones may be used.' })
}

function openPlace(host: Pick<Host, 'syscalls'>, root: number, subpath: string): number {
  try {
    return host.syscalls.openInRoot(root, subpath, O_PATH)
  } catch (cause) {
    throw new EngineError('not-found', `cannot access path ${subpath} in the volume: no such file or directory`, { field: 'mounts', reason: 'no-such-path', cause })
  }
}

function releaseSubpaths(host: Pick<Host, 'syscalls'>, layout: Layout, prefix: string): void {
  for (const name of namesIn(layout.volumeSubpath('.'))) {
    if (!name.startsWith(prefix)) continue
    const target = layout.volumeSubpath(name)
    host.syscalls.unmount(target, { detach: true })
    if (fstatOf(target).isDirectory()) rmdirSync(target)
    else unlinkSync(target)
  }
}

function fstatOf(path: string) {
  const descriptor = openSync(path, O_PATH | constants.O_NOFOLLOW)
  try {
    return fstatSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The mount points of /proc/self/mountinfo, its fifth column, have blanks and the like in octal (proc_pid_mountinfo(5)). */
async function isMounted(path: string): Promise<boolean> {
  const escaped = path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
  const table = await readFile('/proc/self/mountinfo', 'utf8')
  return table.split('\n').some((line) => line.split(' ', 5)[4] === escaped)
}

async function sizeOf(path: string): Promise<number> {
  const linked = new Set<number>()
  const pause = breathe()
  let total = 0
  for (const { stat } of walkTree(path)) {
    await pause()
    if (stat.isDirectory() || (stat.nlink > 1 && linked.has(stat.ino))) continue
    if (stat.nlink > 1) linked.add(stat.ino)
    total += stat.size
  }
  return total
}
