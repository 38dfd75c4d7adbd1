import { lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs'
import type { Syscalls } from '../host/host.ts'
import { fromText, toPath, type BytePath } from './byte-path.ts'
import type { DiffSource } from './layers.ts'
import { TarWriter } from './tar-writer.ts'
import { walkTree, type Found } from './tree-walk.ts'

type Attributes = Pick<Syscalls, 'getXattr' | 'listXattrs'>

/** The archive as chunks; returns the bytes of file content in it. */
export type Chunks = Generator<Uint8Array, { contentSize: number }>

/** A whole tree but for these paths. */
export function* packTree(directory: string, leaveOut: readonly string[], syscalls: Attributes): Chunks {
  const writer = new TarWriter(syscalls)
  const left = new Set(['', ...leaveOut.map(fromText)])
  for (const found of walkTree(directory)) if (!left.has(found.path)) yield* writer.add(found)
  yield* writer.finish()
  return { contentSize: writer.contentSize }
}

/** The changes a directory holds, as a layer. */
export const diffLayer = (source: DiffSource, syscalls: Attributes): Chunks =>
  source.form === 'remove' ? compareTrees(source.directory, source.below?.[0], syscalls) : overlayChanges(source.directory, syscalls)

function* overlayChanges(directory: string, syscalls: Attributes): Chunks {
  const writer = new TarWriter(syscalls)
  for (const found of walkTree(directory)) {
    if (found.path === '') continue
    if (isWhiteout(found.stat)) {
      writer.marker(sibling(found, `.wh.${found.name}`))
      continue
    }
    yield* writer.add(found)
    if (found.stat.isDirectory() && isOpaque(found.access, syscalls)) writer.marker(`${found.path}/.wh..wh..opq`)
  }
  yield* writer.finish()
  return { contentSize: writer.contentSize }
}

export const isWhiteout = (stat: { isCharacterDevice(): boolean; rdev: number }): boolean => stat.isCharacterDevice() && stat.rdev === 0

export function isOpaque(path: string | Buffer, syscalls: Attributes): boolean {
  for (const name of ['trusted.overlay.opaque', 'user.overlay.opaque', 'user.fuseoverlayfs.opaque']) {
    try {
      if (Buffer.from(syscalls.getXattr(path, name) ?? []).toString() === 'y') return true
    } catch {
      // A file system without attributes, or one whose attributes of this class cannot be read here: not opaque by this name.
    }
  }
  return false
}

const sibling = (found: Found, name: BytePath): BytePath => found.path.slice(0, found.path.length - found.name.length) + name

/** What `after` has that `before` has not, and whiteouts for what is gone. Parents of a change come along, as an overlay has them too. */
function* compareTrees(after: string, before: string | undefined, syscalls: Attributes): Chunks {
  const writer = new TarWriter(syscalls)
  const parents: Found[] = []
  for (const found of walkTree(after)) {
    if (found.path === '') {
      for (const name of goneFrom(before, '', found)) writer.marker(`.wh.${name}`)
      continue
    }
    while (parents.length > 0 && !found.path.startsWith(`${parents.at(-1)!.path}/`)) parents.pop()
    const gone = found.stat.isDirectory() ? goneFrom(before, found.path, found) : []
    if (gone.length > 0 || isChanged(before, found)) {
      for (const parent of parents.splice(0)) yield* writer.add(parent)
      yield* writer.add(found)
      for (const name of gone) writer.marker(`${found.path}/.wh.${name}`)
    } else if (found.stat.isDirectory()) {
      parents.push(found)
    }
  }
  yield* writer.finish()
  return { contentSize: writer.contentSize }
}

/** Names of a folder of the tree below that the folder no longer has. */
export function goneFrom(before: string | undefined, path: BytePath, found: Found): BytePath[] {
  if (before === undefined) return []
  const old = toPath(`${fromText(before)}/${path}`)
  if (!lstatSync(old, { throwIfNoEntry: false })?.isDirectory()) return []
  const now = new Set(readdirSync(found.access, 'latin1'))
  return readdirSync(old, 'latin1')
    .filter((name) => !now.has(name))
    .sort()
}

export function isChanged(before: string | undefined, found: Found): boolean {
  const place = before === undefined ? undefined : toPath(`${fromText(before)}/${found.path}`)
  const old = place && lstatSync(place, { throwIfNoEntry: false, bigint: true })
  if (!place || !old) return true
  const now = lstatSync(found.access, { bigint: true })
  if (differ(old, now)) return true
  return now.isSymbolicLink() && readlinkSync(found.access, 'latin1') !== readlinkSync(place, 'latin1')
}

function differ(old: BigIntStats, now: BigIntStats): boolean {
  if (old.mode !== now.mode || old.uid !== now.uid || old.gid !== now.gid || old.rdev !== now.rdev) return true
  return !now.isDirectory() && (old.size !== now.size || old.mtimeNs !== now.mtimeNs)
}
