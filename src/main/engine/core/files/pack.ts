import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { encodeHeader, paddingAfter, type TarEntry } from '../layers/tar-format.ts'
import { describeEntry, typeOf, withXattrs } from '../layers/tar-writer.ts'
import { fromText, toText, type BytePath } from '../layers/byte-path.ts'
import { walkTree, type Found } from '../layers/tree-walk.ts'
import type { Place, Root } from './files.ts'
import { pathOf } from './locate.ts'
import { breathe } from './breathe.ts'
import { PIECE, Pieces } from './pieces.ts'

const readBytes = promisify(read)
/** Files up to this size are read at once: a hand-over to another thread would take longer. */
const SMALL = 64 * 1024
const OPEN_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY

export interface PackOptions {
  /** What the archive calls the place. Without: what is below it, by names relative to it. */
  name?: string
}

/**
 * The place and all that is below it as a tar archive. Links are entries of their own; sockets are left out; what changes while it is read is cut or
 * filled up to the size it was announced with. A piece may be written over once the next but one is asked for.
 */
export async function* packPlace(root: Root, place: Place, { name }: PackOptions): AsyncGenerator<Uint8Array> {
  const archive = new Archive(root)
  const prefix = name === undefined ? undefined : fromText(name)
  const pause = breathe()
  for (const found of place.stat.isDirectory() ? walkPlace(root, place) : [{ ...place, path: '' }]) {
    const path = prefix === undefined ? found.path : found.path === '' ? prefix : `${prefix}/${found.path}`
    if (path !== '' || prefix !== undefined) yield* archive.add(found, path)
    await pause()
  }
  yield* archive.finish()
}

/** A walk that crosses into other file systems where the root says so. */
function* walkPlace(root: Root, place: Place): Generator<Found> {
  // The directory itself, not its name again: it may have been swapped since.
  const descriptor = openSync(place.access, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const above = pathOf(root, descriptor).slice(1)
    const crosses = ({ path }: Found) => root.crosses?.(above === '' ? toText(path) : `${above}/${toText(path)}`) ?? false
    yield* walkTree(`/proc/self/fd/${descriptor}/.`, crosses)
  } finally {
    closeSync(descriptor)
  }
}

class Archive {
  readonly #root: Root
  /** First path of each file that has several. */
  readonly #links = new Map<string, BytePath>()
  readonly #gathered = new Pieces()
  readonly #read = new Pieces()
  #batch = this.#gathered.take()
  #used = 0

  constructor(root: Root) {
    this.#root = root
  }

  async *add(found: Pick<Found, 'access' | 'stat'>, path: BytePath): AsyncGenerator<Uint8Array> {
    const type = typeOf(found.stat)
    if (!type) return
    const entry = describeEntry(found, path, type)
    const linked = found.stat.nlink > 1 && type !== 'directory' ? this.#linkTo(found, path) : undefined
    if (linked !== undefined) yield* this.#put(encodeHeader({ ...entry, type: 'link', linkPath: linked, size: 0 }))
    else if (type === 'file') yield* this.#file(found, entry)
    else yield* this.#put(encodeHeader(withXattrs(this.#root.syscalls, found, entry)))
  }

  async *finish(): AsyncGenerator<Uint8Array> {
    yield* this.#put(Buffer.alloc(1024))
    yield* this.#flush()
  }

  #linkTo({ stat }: Pick<Found, 'stat'>, path: BytePath): BytePath | undefined {
    const key = `${stat.dev}:${stat.ino}`
    const first = this.#links.get(key)
    if (first === undefined) this.#links.set(key, path)
    return first
  }

  async *#file(found: Pick<Found, 'access' | 'stat'>, entry: TarEntry): AsyncGenerator<Uint8Array> {
    const descriptor = openFile(found.access)
    if (descriptor === undefined) return
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile()) return
      yield* this.#put(encodeHeader({ ...withXattrs(this.#root.syscalls, found, entry), size: stat.size }))
      yield* stat.size <= SMALL ? this.#small(descriptor, stat.size) : this.#large(descriptor, stat.size)
      yield* this.#put(Buffer.alloc(paddingAfter(stat.size)))
    } finally {
      closeSync(descriptor)
    }
  }

  *#small(descriptor: number, size: number): Generator<Uint8Array> {
    const content = Buffer.alloc(size)
    for (let at = 0; at < size; ) {
      const count = readSync(descriptor, content, at, size - at, at)
      if (count === 0) break
      at += count
    }
    yield* this.#put(content)
  }

  /** The next piece is read while this one is sent. */
  async *#large(descriptor: number, size: number): AsyncGenerator<Uint8Array> {
    yield* this.#flush()
    const read = (at: number) => fill(this.#read.take(Math.min(PIECE, size - at)), descriptor, at)
    let next = read(0)
    try {
      for (let at = 0; at < size; ) {
        const piece = await next
        at += piece.length
        if (at < size) next = read(at)
        yield piece
      }
    } finally {
      // Whoever reads may leave early; the descriptor is closed only when nothing is read from it any more.
      await next.catch(() => {})
    }
  }

  *#put(bytes: Buffer): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === PIECE) yield* this.#flush()
      const copied = bytes.copy(this.#batch, this.#used, at)
      this.#used += copied
      at += copied
    }
  }

  *#flush(): Generator<Uint8Array> {
    if (this.#used === 0) return
    const full = this.#batch.subarray(0, this.#used)
    this.#batch = this.#gathered.take()
    this.#used = 0
    yield full
  }
}

/** The whole piece, with zeros where the file has become shorter. */
async function fill(piece: Buffer, descriptor: number, at: number): Promise<Buffer> {
  let filled = 0
  while (filled < piece.length) {
    const { bytesRead } = await readBytes(descriptor, piece, filled, piece.length - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return piece.fill(0, filled)
}

/** Undefined for what is gone or may not be read. */
function openFile(access: string | Buffer): number | undefined {
  try {
    return openSync(access, OPEN_FILE)
  } catch {
    return undefined
  }
}
