import { lstatSync } from 'node:fs'
import type { Syscalls } from '../host/host.ts'
import { fromText, toPath, toText, type BytePath } from './byte-path.ts'
import { isChanged, isOpaque, isWhiteout } from './diff-layer.ts'
import type { Change, DiffSource } from './layers.ts'
import { walkTree } from './tree-walk.ts'

type Attributes = Pick<Syscalls, 'getXattr' | 'listXattrs'>

/** Paths that differ from what is below, sorted. */
export function listChanges(source: DiffSource, syscalls: Attributes): Change[] {
  const changes = source.form === 'remove' ? changedTree(source) : changedOverlay(source, syscalls)
  return changes.sort((one, other) => (one.path < other.path ? -1 : 1))
}

function changedOverlay(source: DiffSource, syscalls: Attributes): Change[] {
  const changes: Change[] = []
  for (const { path, stat } of walkTree(source.directory)) {
    if (path === '') continue
    const kind = isWhiteout(stat) ? 'deleted' : isBelow(source.below ?? [], path, syscalls) ? 'modified' : 'added'
    changes.push({ path: `/${toText(path)}`, kind })
  }
  return changes
}

/** Whether the layers, top to bottom, show the path: a whiteout, an opaque directory or a file where a directory was needed hides what is further down. */
function isBelow(layers: readonly string[], path: BytePath, syscalls: Attributes): boolean {
  const parts = path.split('/')
  for (const layer of layers) {
    const answer = lookIn(fromText(layer), parts, syscalls)
    if (answer !== 'ask-below') return answer === 'there'
  }
  return false
}

function lookIn(layer: BytePath, parts: string[], syscalls: Attributes): 'there' | 'hidden' | 'ask-below' {
  let place = layer
  let opaque = false
  for (const [index, part] of parts.entries()) {
    place = `${place}/${part}`
    const found = lstatSync(toPath(place), { throwIfNoEntry: false })
    if (!found) return opaque ? 'hidden' : 'ask-below'
    if (isWhiteout(found)) return 'hidden'
    if (index === parts.length - 1) return 'there'
    if (!found.isDirectory()) return 'hidden'
    opaque ||= isOpaque(toPath(place), syscalls)
  }
  return 'ask-below'
}

function changedTree({ directory, below }: DiffSource): Change[] {
  const changes: Change[] = []
  const before = below?.[0]
  for (const found of walkTree(directory)) {
    if (found.path === '' || !isChanged(before, found)) continue
    const there = before !== undefined && lstatSync(toPath(`${fromText(before)}/${found.path}`), { throwIfNoEntry: false })
    changes.push({ path: `/${toText(found.path)}`, kind: there ? 'modified' : 'added' })
  }
  const deleted = new Set<BytePath>()
  for (const gone of before === undefined ? [] : walkTree(before)) {
    if (gone.path === '' || lstatSync(toPath(`${fromText(directory)}/${gone.path}`), { throwIfNoEntry: false })) continue
    deleted.add(gone.path)
    if (!deleted.has(gone.path.slice(0, Math.max(0, gone.path.lastIndexOf('/'))))) changes.push({ path: `/${toText(gone.path)}`, kind: 'deleted' })
  }
  return changes
}
