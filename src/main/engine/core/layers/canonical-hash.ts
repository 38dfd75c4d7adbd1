import { createHash } from 'node:crypto'
import type { DiffId } from '#shared/oci/digest.ts'
import type { BytePath } from './byte-path.ts'
import { isCertain } from './entry-attributes.ts'
import { isKeptXattr } from './kept-xattrs.ts'
import { normalise } from './rooted-path.ts'
import { encodeHeader, paddingAfter, type TarEntry } from './tar-format.ts'
import type { TarHandler } from './tar-reader.ts'

/** So many files can be linked to, and so many folders filled: what comes after them costs no memory, and what refers to it makes the hash unknown. */
const REMEMBERED = 250_000

/**
 * The diff ID that a directory will have in which an archive is replayed, hashed as the archive passes: of the same entries as diff writes them. Only of an archive in the
 * order of a walk, folders before what is in them, as exports are; of any other nothing is known.
 */
export class CanonicalHash implements TarHandler {
  readonly #hash = createHash('sha256')
  readonly #folders = new Set<BytePath>([''])
  /** What may be linked to, by each of its names: as it was first. */
  readonly #first = new Map<BytePath, TarEntry>()
  #size = 0
  #last = ''
  #known = true
  /** Of a file's content, what is still to come and where. */
  #left = 0
  #position = 0
  #padding = 0
  readonly #remembered: number

  constructor(remembered = REMEMBERED) {
    this.#remembered = remembered
  }

  entry(entry: TarEntry): void {
    if (!this.#known) return
    const parts = normalise(entry.path)
    const path = parts.join('/')
    if (path === '') return
    const place = parts.join('\0')
    const inOrder = place > this.#last && this.#folders.has(parts.slice(0, -1).join('/'))
    const written = inOrder && isCertain(entry) ? this.#written(entry, path) : undefined
    if (!written) return this.#giveUp()
    this.#last = place
    if (entry.type === 'directory' && this.#folders.size < this.#remembered) this.#folders.add(path)
    this.#update(encodeHeader(written))
    this.#left = written.size
    this.#position = 0
    this.#padding = paddingAfter(written.size)
  }

  data(chunk: Buffer, offset: number): void {
    if (!this.#known) return
    if (offset !== this.#position) return this.#giveUp()
    this.#position += chunk.length
    this.#left -= chunk.length
    this.#update(chunk)
  }

  complete(): void {
    if (!this.#known) return
    if (this.#left !== 0) return this.#giveUp()
    if (this.#padding > 0) this.#update(Buffer.alloc(this.#padding))
    this.#padding = 0
  }

  /** Once the archive has ended; undefined where it is not known. `size`: bytes of the archive that diff will write. */
  finish(): { diffId: DiffId; size: number } | undefined {
    if (!this.#known) return undefined
    this.#update(Buffer.alloc(1024))
    return { diffId: `sha256:${this.#hash.digest('hex')}` as DiffId, size: this.#size }
  }

  /** As a TarWriter describes it. */
  #written(entry: TarEntry, path: BytePath): TarEntry | undefined {
    if (entry.type === 'link') {
      const first = this.#first.get(normalise(entry.linkPath).join('/'))
      if (!first) return undefined
      if (this.#first.size < this.#remembered) this.#first.set(path, first)
      const { xattrs: _, ...attributes } = first
      return { ...attributes, path, type: 'link', linkPath: first.path, size: 0 }
    }
    const { xattrs, ...attributes } = entry
    const kept = new Map([...(xattrs ?? [])].filter(([name]) => isKeptXattr(name)))
    if (kept.size > 0 && entry.type === 'symlink') return undefined
    const written = { ...attributes, path, linkPath: entry.type === 'symlink' ? entry.linkPath : '', mtime: Math.floor(entry.mtime), major: 0, minor: 0, ...(kept.size > 0 && { xattrs: kept }) }
    if (entry.type !== 'directory' && this.#first.size < this.#remembered) this.#first.set(path, written)
    return written
  }

  #giveUp(): void {
    this.#known = false
    this.#first.clear()
    this.#folders.clear()
  }

  #update(bytes: Buffer): void {
    this.#size += bytes.length
    this.#hash.update(bytes)
  }
}
