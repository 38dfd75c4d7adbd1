import { readdirSync, lstatSync, type Stats } from 'node:fs'
import { join, posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { IgnoreMatcher } from '../../../core/dockerfile/dockerfile.ts'
import type { RootedTree } from './rooted-tree.ts'
import type { Source } from './select-sources.ts'

/** One thing that will be in the new layer. */
export interface CopyEntry {
  /** In the image, without a leading slash. */
  target: string
  /** What it is copied from; undefined: a folder that the copy has to make, or `content`. */
  hostPath?: string
  stat: Pick<Stats, 'mode' | 'uid' | 'gid' | 'size' | 'mtimeMs'> & Partial<Stats>
  kind: 'file' | 'directory' | 'symlink'
  content?: Uint8Array
  /** Out of an archive: --chown does not reach it. */
  keepsOwner?: boolean
}

export interface CopyPlanRequest {
  sources: readonly Source[]
  /** Absolute in the image; ends with `/` where the user says it is a folder. */
  destination: string
  /** The image so far, in which links on the way to the destination are followed. Undefined on scratch. */
  target: RootedTree | undefined
  parents: boolean
  /** Left out: .dockerignore (paths in the context) and --exclude (paths in the source). */
  ignored: (path: string) => boolean
  excluded: IgnoreMatcher | undefined
}

/** What goes where: Docker's rules for files, folders and several sources. @throws EngineError invalid-argument */
export function planCopy(request: CopyPlanRequest): CopyEntry[] {
  const { sources, destination, parents } = request
  const toFolder = destination.endsWith('/') || request.target?.locate(destination)?.stat.isDirectory() === true
  if (sources.length > 1 && !destination.endsWith('/') && !toFolder)
    throw new EngineError('invalid-argument', 'When using COPY with more than one source file, the destination must be a directory and end with a /')
  const entries = sources.flatMap((source) => {
    if (source.stat.isDirectory()) return folderEntries(source, parents ? posix.join(destination, source.parentsPath) : destination, request)
    const target = parents ? posix.join(destination, source.parentsPath) : toFolder ? posix.join(destination, posix.basename(source.name)) : destination
    return request.excluded?.ignores(posix.basename(source.name)) ? [] : [entryOf(target, source.hostPath, source.stat)]
  })
  return withFolders(entries, request.target)
}

function folderEntries(source: Source, target: string, request: CopyPlanRequest): CopyEntry[] {
  const entries: CopyEntry[] = [entryOf(target, source.hostPath, source.stat)]
  const walk = (folder: string, inside: string) => {
    for (const name of readdirSync(folder).sort()) {
      const [hostPath, path] = [join(folder, name), posix.join(inside, name)]
      const stat = lstatSync(hostPath)
      const left = request.ignored(posix.join(source.path, path)) || request.excluded?.ignores(path)
      if (!left && (stat.isFile() || stat.isDirectory() || stat.isSymbolicLink())) entries.push(entryOf(posix.join(target, path), hostPath, stat))
      if (stat.isDirectory()) walk(hostPath, path)
    }
  }
  walk(source.hostPath, '')
  return entries
}

const entryOf = (target: string, hostPath: string, stat: Stats): CopyEntry => ({ target, hostPath, stat, kind: stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'file' })

/** Follows links on the way to each target, names the folders that have to be made, and leaves out folders that are there already. */
export function withFolders(entries: readonly CopyEntry[], tree: RootedTree | undefined): CopyEntry[] {
  const result = new Map<string, CopyEntry>()
  const real = new Map<string, string>([['', '']])
  const folder = (path: string): string => {
    const known = real.get(path)
    if (known !== undefined) return known
    const located = tree?.locate(path)
    if (located && !located.stat.isDirectory()) throw new EngineError('invalid-argument', `cannot copy to a directory below ${path}: it is a file`)
    const resolved = located?.path ?? posix.join(folder(parentOf(path)), posix.basename(path))
    real.set(path, resolved)
    if (!located && !result.has(resolved)) result.set(resolved, { target: resolved, kind: 'directory', stat: { mode: 0o40755, uid: 0, gid: 0, size: 0, mtimeMs: Date.now() } })
    return resolved
  }
  for (const entry of entries) {
    const path = posix.normalize(`/${entry.target}`).slice(1).replace(/\/$/, '')
    if (entry.kind === 'directory') {
      const existed = path === '' || real.has(path) || tree?.locate(path) !== undefined
      const resolved = folder(path)
      if (!existed) result.set(resolved, { ...entry, target: resolved })
      continue
    }
    const target = posix.join(folder(parentOf(path)), posix.basename(path))
    if (tree?.locate(target)?.stat.isDirectory()) throw new EngineError('invalid-argument', `cannot overwrite the directory /${target} with a file`)
    result.set(target, { ...entry, target })
  }
  return [...result.values()]
}

const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')
