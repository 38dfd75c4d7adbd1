import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import type { Syscalls } from '../host/host.ts'
import { fromText, toPath, toText, type BytePath } from './byte-path.ts'
import { goneFrom, isChanged, isOpaque, isWhiteout } from './diff-layer.ts'
import type { DiffSource, LayerEntry } from './layers.ts'
import { walkTree, type Found } from './tree-walk.ts'

type Attributes = Pick<Syscalls, 'getXattr' | 'listXattrs'>

/** Bytes of text gathered before they are sent on. */
const CHUNK = 64 * 1024

/** What a directory of changes holds, as JSON, an entry a line; a directory comes before what is in it. */
export function* listEntries(source: DiffSource, syscalls: Attributes): Generator<Uint8Array, { contentSize: number }> {
  let lines: string[] = []
  let waiting = 0
  let contentSize = 0
  for (const entry of source.form === 'remove' ? treeEntries(source) : overlayEntries(source.directory, syscalls)) {
    const line = `${JSON.stringify(entry)}\n`
    contentSize += entry.size ?? 0
    lines.push(line)
    if ((waiting += line.length) < CHUNK) continue
    yield new TextEncoder().encode(lines.join(''))
    lines = []
    waiting = 0
  }
  if (lines.length > 0) yield new TextEncoder().encode(lines.join(''))
  return { contentSize }
}

function* overlayEntries(directory: string, syscalls: Attributes): Generator<LayerEntry> {
  const links = new Set<number>()
  for (const found of walkTree(directory)) {
    if (found.path === '') continue
    if (isWhiteout(found.stat)) yield { path: shown(found.path), type: 'deleted' }
    else yield describe(found, links, found.stat.isDirectory() && isOpaque(found.access, syscalls))
  }
}

/** Of whole trees: what differs from the tree below, and what of it is gone. */
function* treeEntries({ directory, below }: DiffSource): Generator<LayerEntry> {
  const before = below?.[0]
  const links = new Set<number>()
  for (const found of walkTree(directory)) {
    const replaced = found.path !== '' && isChanged(before, found)
    if (replaced) yield describe(found, links, found.stat.isDirectory() && hidesFile(before, found.path))
    if (!found.stat.isDirectory()) continue
    for (const name of goneFrom(before, found.path, found)) yield { path: shown(found.path === '' ? name : `${found.path}/${name}`), type: 'deleted' }
  }
}

const hidesFile = (before: string | undefined, path: BytePath): boolean => before !== undefined && lstatSync(toPath(`${fromText(before)}/${path}`), { throwIfNoEntry: false })?.isDirectory() === false

const shown = (path: BytePath) => `/${toText(path)}`

function describe(found: Found, links: Set<number>, opaque: boolean): LayerEntry {
  const { stat } = found
  const type = typeOf(stat)
  const again = type === 'file' && stat.nlink > 1 && links.has(stat.ino)
  if (type === 'file' && stat.nlink > 1) links.add(stat.ino)
  return {
    path: shown(found.path),
    type,
    ...(type === 'file' && { size: again ? 0 : stat.size }),
    mode: stat.mode & 0o7777,
    ...(stat.uid !== 0 && { uid: stat.uid }),
    ...(stat.gid !== 0 && { gid: stat.gid }),
    ...(type === 'symlink' && { target: toText(readlinkSync(found.access, 'latin1')) }),
    ...(opaque && { opaque: true }),
  }
}

const typeOf = (stat: Stats): LayerEntry['type'] => (stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'special')
