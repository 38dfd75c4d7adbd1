import { readFile, writeFile } from 'node:fs/promises'
import { bootId } from '#base/boot-id.ts'
import { fromText, type BytePath } from '../../core/layers/byte-path.ts'
import type { CopiedDigest, KnownDigests } from './copy/copied-entries.ts'
import type { FolderListing } from './kept-contexts.ts'

/** What the tree of a kept context holds. */
export interface ContextState {
  listing: FolderListing
  /** Path → SHA-256 in hex, of what an earlier build has read. */
  digests: Map<BytePath, string>
  /** Of whole COPYs, by their words; of this listing. */
  copies: Map<string, CopiedDigest>
  /** Bytes. */
  size: number
}

interface Written {
  boot: string
  size: number
  listing: [BytePath, string][]
  digests: [BytePath, string][]
  copies: [string, CopiedDigest][]
}

/** Undefined where nothing is known, and after a reboot: the tree was not flushed to the disk. */
export async function readState(file: string): Promise<ContextState | undefined> {
  try {
    const { boot, size, listing, digests, copies } = JSON.parse(await readFile(file, 'utf8')) as Written
    return boot === bootId() ? { size, listing: new Map(listing), digests: new Map(digests), copies: new Map(copies) } : undefined
  } catch {
    return undefined
  }
}

/** A state that could not be written is begun anew, so it fails no build. */
export async function writeState(file: string, { size, listing, digests, copies }: ContextState): Promise<void> {
  const written: Written = { boot: bootId(), size, listing: [...listing], digests: [...digests], copies: [...copies] }
  await writeFile(file, JSON.stringify(written)).catch(() => {})
}

/** Of files that the client has listed: a path through a link is another's. */
export function digestsOf(tree: string, state: ContextState & { written: boolean }): KnownDigests {
  return {
    find: (hostPath) => found(state.digests, tree, hostPath),
    put(hostPath, digest) {
      const path = below(tree, hostPath)
      if (path === undefined || !state.listing.has(path)) return
      state.digests.set(path, Buffer.from(digest).toString('hex'))
      state.written = false
    },
    findCopy: (words) => state.copies.get(words),
    putCopy(words, copied) {
      state.copies.set(words, copied)
      state.written = false
    },
  }
}
/** Of files as they were unpacked, for a tree that is built once. */
export const digestsOnce = (tree: string, digests: ReadonlyMap<BytePath, string>): KnownDigests => ({ find: (hostPath) => found(digests, tree, hostPath), put() {}, findCopy: () => undefined, putCopy() {} })

function found(digests: ReadonlyMap<BytePath, string>, tree: string, hostPath: BytePath): Uint8Array | undefined {
  const hex = digests.get(below(tree, hostPath) ?? '')
  return hex === undefined ? undefined : Buffer.from(hex, 'hex')
}

function below(tree: string, hostPath: BytePath): BytePath | undefined {
  const beginning = `${fromText(tree)}/`
  return hostPath.startsWith(beginning) ? hostPath.slice(beginning.length) : undefined
}
