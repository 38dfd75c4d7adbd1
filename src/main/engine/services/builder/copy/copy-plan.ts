import { readdirSync, lstatSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { IgnoreMatcher } from '../../../core/dockerfile/dockerfile.ts'
import { breathe } from '../../../core/files/breathe.ts'
import { toPath, toText, type BytePath } from '../../../core/layers/byte-path.ts'
import type { RootedTree } from './rooted-tree.ts'
import type { Source } from './select-sources.ts'

/** One thing that will be in the new layer. */
export interface CopyEntry {
  /** In the image, without a leading slash. */
  target: BytePath
  /** What it is copied from; undefined: a folder that the copy has to make, or `content`. */
  hostPath?: BytePath
  stat: Pick<Stats, 'mode' | 'uid' | 'gid' | 'size' | 'mtimeMs'> & Partial<Stats>
  /** `special`: a device or a FIFO. */
  kind: 'file' | 'directory' | 'symlink' | 'special'
  content?: Uint8Array
  /** Out of an archive: --chown does not reach it, and nobody else needs what was unpacked. */
  unpacked?: boolean
}

export interface CopyPlanRequest {
  sources: readonly Source[]
  /** Absolute in the image; ends with `/` where the user says it is a folder. */
  destination: BytePath
  /** The image so far, in which links on the way to the destination are followed. Undefined on scratch. */
  target: RootedTree | undefined
  parents: boolean
  /** Left out: .dockerignore (paths in the context) and --exclude (paths in the source). */
  ignored: (path: string) => boolean
  excluded: IgnoreMatcher | undefined
}

/** What goes where: Docker's rules for files, folders and several sources. Others get their turns meanwhile. @throws EngineError invalid-argument */
export async function planCopy(request: CopyPlanRequest): Promise<CopyEntry[]> {
  const { sources, destination, parents } = request
  const toFolder = destination.endsWith('/') || request.target?.locate(destination)?.stat.isDirectory() === true
  if (sources.length > 1 && !destination.endsWith('/') && !toFolder)
    throw new EngineError('invalid-argument', 'When using COPY with more than one source file, the destination must be a directory and end with a /')
  const entries: CopyEntry[] = []
  for (const source of sources) {
    if (source.stat.isDirectory()) {
      await addFolder(entries, source, parents ? posix.join(destination, source.parentsPath) : destination, request)
      continue
    }
    const target = parents ? posix.join(destination, source.parentsPath) : toFolder ? posix.join(destination, posix.basename(source.name)) : destination
    if (!request.excluded?.ignores(toText(posix.basename(source.name)))) entries.push(entryOf(target, source.hostPath, source.stat))
  }
  return withFolders(entries, request.target)
}

async function addFolder(entries: CopyEntry[], source: Source, target: BytePath, request: CopyPlanRequest): Promise<void> {
  const pause = breathe()
  const walk = async (folder: BytePath, inside: BytePath): Promise<void> => {
    for (const name of readdirSync(toPath(folder), 'latin1').sort()) {
      await pause()
      const [hostPath, path] = [posix.join(folder, name), posix.join(inside, name)]
      const stat = lstatSync(toPath(hostPath))
      const left = request.ignored(toText(posix.join(source.path, path))) || request.excluded?.ignores(toText(path))
      if (!left && canBeCopied(stat)) entries.push(entryOf(posix.join(target, path), hostPath, stat))
      if (stat.isDirectory()) await walk(hostPath, path)
    }
  }
  entries.push(entryOf(target, source.hostPath, source.stat))
  await walk(source.hostPath, '')
}

/** A device without a number is a whiteout to the file system that layers are mounted with (https://docs.kernel.org/filesystems/overlayfs.html). */
const canBeCopied = (stat: Stats): boolean => !stat.isSocket() && !(stat.isCharacterDevice() && stat.rdev === 0)

const entryOf = (target: BytePath, hostPath: BytePath, stat: Stats): CopyEntry => ({ target, hostPath, stat, kind: stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : stat.isFile() ? 'file' : 'special' })

/** Follows links on the way to each target, names the folders that have to be made, and leaves out folders that are there already. */
export async function withFolders(entries: readonly CopyEntry[], tree: RootedTree | undefined): Promise<CopyEntry[]> {
  const result = new Map<BytePath, CopyEntry>()
  const known = new Map<BytePath, Folder>([['', { path: '', exists: true }]])
  /** Nothing is below a folder that is not there. */
  const locate = (path: BytePath, { exists }: Folder) => (exists ? tree?.locate(path) : undefined)
  const folder = (path: BytePath): Folder => {
    const before = known.get(path)
    if (before) return before
    const above = folder(parentOf(path))
    const located = locate(path, above)
    if (located && !located.stat.isDirectory()) throw new EngineError('invalid-argument', `cannot copy to a directory below ${toText(path)}: it is a file`)
    const found = { path: located?.path ?? posix.join(above.path, posix.basename(path)), exists: located !== undefined }
    known.set(path, found)
    if (!located && !result.has(found.path)) result.set(found.path, { target: found.path, kind: 'directory', stat: { mode: 0o40755, uid: 0, gid: 0, size: 0, mtimeMs: Date.now() } })
    return found
  }
  const pause = breathe()
  for (const entry of entries) {
    await pause()
    const path = posix.normalize(`/${entry.target}`).slice(1).replace(/\/$/, '')
    if (entry.kind === 'directory') {
      const isNew = !known.has(path)
      const { path: target, exists } = folder(path)
      if (isNew && !exists) result.set(target, { ...entry, target })
      continue
    }
    const above = folder(parentOf(path))
    const target = posix.join(above.path, posix.basename(path))
    if (locate(target, above)?.stat.isDirectory()) throw new EngineError('invalid-argument', `cannot overwrite the directory /${toText(target)} with a file`)
    result.set(target, { ...entry, target })
  }
  return [...result.values()]
}

/** A folder on the way to a target. */
interface Folder {
  /** With the links on the way followed. */
  path: BytePath
  /** In the image so far. */
  exists: boolean
}

const parentOf = (path: BytePath): BytePath => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')
