import { createHash } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { fromText } from '../../../core/layers/byte-path.ts'
import { DIGEST_BYTES, type Layers, type ListedEntry } from '../../../core/layers/layers.ts'
import type { CopyEntry } from './copy-plan.ts'

/** Who owns what is copied, and its mode; undefined keeps what the source has. */
export interface CopyAttributes {
  owner: { uid: number; gid: number } | undefined
  mode: ((before: number, directory: boolean) => number) | undefined
}

/** Digest of everything that makes a difference to the result: names, kinds, modes, owners, contents; never times. */
export async function digestEntries(layers: Pick<Layers, 'digests'>, entries: readonly CopyEntry[], attributes: CopyAttributes, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const sorted = [...entries].sort((a, b) => (a.target < b.target ? -1 : 1))
  const files = sorted.flatMap((entry) => (entry.kind === 'file' && !entry.content ? [entry.hostPath!] : []))
  const digests = files.length > 0 ? await layers.digests(files, { signal }) : new Uint8Array()
  let at = 0
  for (const entry of sorted) {
    const { uid, gid, mode } = layerEntry(entry, attributes)
    hash.update(JSON.stringify([entry.target, entry.kind, mode, uid, gid, entry.kind === 'symlink' ? readlinkSync(entry.hostPath!) : '']))
    if (entry.kind !== 'file') continue
    hash.update(entry.content ? createHash('sha256').update(entry.content).digest() : digests.subarray(at, (at += DIGEST_BYTES)))
  }
  return hash.digest('hex')
}

/** As they go into the layer. */
export function layerEntry(entry: CopyEntry, { owner, mode }: CopyAttributes): ListedEntry {
  const own = entry.stat.mode & 0o7777
  const given = entry.keepsOwner ? undefined : owner
  const changed = entry.kind === 'symlink' || !mode ? own : mode(own, entry.kind === 'directory')
  const from = entry.content ? { content: entry.content } : entry.hostPath === undefined ? {} : { source: entry.hostPath }
  return { path: fromText(entry.target), type: entry.kind, mode: changed, uid: given?.uid ?? entry.stat.uid, gid: given?.gid ?? entry.stat.gid, mtime: Math.floor(entry.stat.mtimeMs / 1000), ...from }
}
