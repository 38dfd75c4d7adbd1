import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs'
import type { Syscalls } from '../host/host.ts'
import { isKeptXattr } from './kept-xattrs.ts'
import { encodeHeader, paddingAfter, type TarEntry, type TarType } from './tar-format.ts'
import type { Found } from './tree-walk.ts'
import type { BytePath } from './byte-path.ts'

/** A good size for what is handed over between threads. */
export const CHUNK = 512 * 1024

/**
 * Writes an archive as a row of chunks. Canonical: names in the order given, times in whole seconds, numeric owners only, so that the same
 * files always give the same bytes.
 */
export class TarWriter {
  contentSize = 0
  readonly #syscalls: Pick<Syscalls, 'getXattr' | 'listXattrs'>
  readonly #emit: () => void
  /** First path of each file that has several. */
  readonly #links = new Map<string, BytePath>()
  readonly #ready: Uint8Array[] = []
  #chunk = Buffer.allocUnsafeSlow(CHUNK)
  #used = 0

  constructor(syscalls: Pick<Syscalls, 'getXattr' | 'listXattrs'>) {
    this.#syscalls = syscalls
    this.#emit = () => {
      this.#ready.push(this.#chunk.subarray(0, this.#used))
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK)
      this.#used = 0
    }
  }

  /** Full chunks so far. */
  *take(): Generator<Uint8Array> {
    for (let chunk = this.#ready.shift(); chunk; chunk = this.#ready.shift()) yield chunk
  }

  /** A whiteout, or any other empty file of no importance. */
  marker(path: BytePath): void {
    this.made({ path, type: 'file', linkPath: '', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, major: 0, minor: 0 })
  }

  /** What is on no disk: a folder, or a file of these bytes. */
  made(entry: TarEntry, content = Buffer.alloc(0)): void {
    this.#put(encodeHeader({ ...entry, size: content.length }))
    this.#put(content)
    this.#put(Buffer.alloc(paddingAfter(content.length)))
    this.contentSize += content.length
  }

  /** One thing of a tree as it is; sockets are left out. Yields chunks as they fill, so that a large file is never held whole. */
  *add(found: Found, path: BytePath = found.path): Generator<Uint8Array, unknown> {
    const type = typeOf(found.stat)
    if (!type) return
    const linked = this.#linkTo(found, path, type)
    const entry = describeEntry(found, path, type)
    if (linked === undefined) return yield* this.addAs(found.access, entry)
    this.#put(encodeHeader({ ...entry, type: 'link', linkPath: linked, size: 0 }))
    yield* this.take()
  }

  /** The thing at `access`, under the name and with the attributes of `entry`. A file that has gone, or cannot be read, is left out, and `false` returned. */
  *addAs(access: string | Buffer, entry: TarEntry): Generator<Uint8Array, boolean> {
    let added = true
    if (entry.type === 'file') added = yield* this.#file(access, entry)
    else this.#put(encodeHeader(withXattrs(this.#syscalls, { access }, entry)))
    yield* this.take()
    return added
  }

  /** The end-of-archive marker and the last chunk. */
  *finish(): Generator<Uint8Array> {
    this.#put(Buffer.alloc(1024))
    this.#emit()
    yield* this.take()
  }

  #linkTo(found: Found, path: BytePath, type: TarType): BytePath | undefined {
    if (found.stat.nlink < 2 || type === 'directory') return undefined
    const key = `${found.stat.dev}:${found.stat.ino}`
    const first = this.#links.get(key)
    if (first === undefined) this.#links.set(key, path)
    return first
  }

  *#file(access: string | Buffer, entry: TarEntry): Generator<Uint8Array, boolean> {
    let descriptor: number
    try {
      descriptor = openSync(access, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    } catch {
      return false
    }
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile()) return false
      const whole = { ...withXattrs(this.#syscalls, { access }, entry), size: stat.size }
      this.#put(encodeHeader(whole))
      yield* this.#content(descriptor, whole.size)
      this.contentSize += whole.size
      return true
    } finally {
      closeSync(descriptor)
    }
  }

  /** Exactly `size` bytes: a file that shrinks meanwhile is filled with zeros, one that grows is cut. */
  *#content(descriptor: number, size: number): Generator<Uint8Array> {
    let left = size
    while (left > 0) {
      if (this.#used === CHUNK) this.#emit()
      yield* this.take()
      const wanted = Math.min(left, CHUNK - this.#used)
      const read = readSync(descriptor, this.#chunk, this.#used, wanted, null)
      if (read === 0) this.#chunk.fill(0, this.#used, this.#used + wanted)
      this.#used += read || wanted
      left -= read || wanted
    }
    this.#put(Buffer.alloc(paddingAfter(size)))
  }

  #put(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === CHUNK) this.#emit()
      const copied = bytes.copy(this.#chunk, this.#used, at)
      this.#used += copied
      at += copied
    }
  }
}

/** File systems without extended attributes have none. */
function listOf(list: () => string[]): string[] {
  try {
    return list()
  } catch {
    return []
  }
}

/** The entry with the extended attributes that travel. */
export function withXattrs(syscalls: Pick<Syscalls, 'getXattr' | 'listXattrs'>, { access }: Pick<Found, 'access'>, entry: TarEntry): TarEntry {
  if (entry.type === 'symlink') return entry
  const xattrs = keptXattrs(syscalls, access)
  return xattrs.size > 0 ? { ...entry, xattrs } : entry
}

/** The extended attributes of a file or folder that travel. */
export function keptXattrs(syscalls: Pick<Syscalls, 'getXattr' | 'listXattrs'>, access: string | Buffer): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>()
  for (const name of listOf(() => syscalls.listXattrs(access))) {
    const value = isKeptXattr(name) ? syscalls.getXattr(access, name) : undefined
    if (value) xattrs.set(name, value)
  }
  return xattrs
}

/** What the header says of something found; extended attributes apart. */
export function describeEntry(found: Pick<Found, 'access' | 'stat'>, path: BytePath, type: TarType): TarEntry {
  const { stat } = found
  return {
    path,
    type,
    linkPath: type === 'symlink' ? readlinkSync(found.access, 'latin1') : '',
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    size: type === 'file' ? stat.size : 0,
    mtime: Math.floor(stat.mtimeMs / 1000),
    major: type === 'char' || type === 'block' ? majorOf(stat.rdev) : 0,
    minor: type === 'char' || type === 'block' ? minorOf(stat.rdev) : 0,
  }
}

export function typeOf(stat: Stats): TarType | undefined {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isCharacterDevice()) return 'char'
  if (stat.isBlockDevice()) return 'block'
  return stat.isFIFO() ? 'fifo' : undefined
}

/** As glibc's gnu_dev_major: the number is split in 12 and 20 bits, the minor's in two places. */
const majorOf = (device: number): number => Number((BigInt(device) >> 8n) & 0xfffn)
const minorOf = (device: number): number => Number((BigInt(device) & 0xffn) | ((BigInt(device) >> 12n) & 0xfff00n))
