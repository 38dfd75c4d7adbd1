import { chmodSync, closeSync, constants, fchmodSync, fchownSync, ftruncateSync, futimesSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import type { Syscalls } from '../host/host.ts'
import { giveOwner, isCertain, setXattrs } from './entry-attributes.ts'
import type { FileDigests } from './file-digests.ts'
import { toPath, toText, type BytePath } from './byte-path.ts'
import type { WhiteoutForm } from './layers.ts'
import { hostile, RootedPath } from './rooted-path.ts'
import type { TarEntry } from './tar-format.ts'
import type { TarHandler } from './tar-reader.ts'
import { isAufs, isWhiteoutName, OPAQUE, WHITEOUT } from './whiteout-names.ts'

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

export interface LayerTreeOptions {
  whiteouts: WhiteoutForm
  syscalls: Pick<Syscalls, 'mknod' | 'setXattr' | 'getXattr'>
  /** Largest file, holes included. */
  fileLimit: number
  /** Devices other than whiteouts cannot be made in a user namespace and are left out, as Docker does. */
  inUserNamespace: boolean
  /** Of what is no layer: a whiteout in it is refused, since it would delete and not add. */
  refuseWhiteouts?: boolean
  /** Files that are moved here and not written, by their paths as the archive has them: where they are. */
  moved?: ReadonlyMap<BytePath, BytePath>
  /** Told of every file, by its path below the root. */
  digests?: FileDigests
}

/** Replays the entries of one layer in a directory that belongs to this thread alone. */
export class LayerTree implements TarHandler {
  contentSize = 0
  /** Directories nobody announced, relative to the root: their attributes are those of the layers below. */
  readonly implied = new Set<BytePath>()
  readonly #paths: RootedPath
  readonly #options: LayerTreeOptions
  /** Attributes that are set last, because filling a directory changes its time and a setgid directory marks what is made in it. */
  readonly #directories = new Map<BytePath, TarEntry>()
  /** What this layer itself made: whiteouts are about the layers below and never remove it. */
  readonly #own = new Set<BytePath>()
  /** Directories of the layer that hide what is below, by a whiteout of the same name. */
  readonly #whitedOut = new Set<BytePath>()
  readonly #umask = process.umask()
  #exact = true
  #file: { descriptor: number; entry: TarEntry; path: BytePath; end: number; isMoved: boolean } | undefined

  constructor(root: string, options: LayerTreeOptions) {
    this.#paths = new RootedPath(root, (path) => {
      chmodSync(toPath(path), 0o755)
      this.#own.add(path)
      this.implied.add(this.#relative(path))
    })
    this.#options = options
  }

  /** Whether the directory, packed by itself, gives the archive again that was replayed in it, if that is in the order of a walk. */
  get exact(): boolean {
    return this.#exact && this.implied.size === 0
  }

  entry(entry: TarEntry): void {
    if (!isCertain(entry)) this.#exact = false
    if (this.#options.refuseWhiteouts && isWhiteoutName(entry.path)) throw new EngineError('invalid-argument', `the archive holds ${toText(entry.path)}, a name that images reserve for deletions`, { reason: 'whiteout' })
    if (isAufs(entry.path)) return
    const { parent, base } = this.#paths.locate(entry.path)
    if (base === '') return this.#root(entry)
    if (base.length > 255) throw hostile(entry.path, 'has a name longer than 255 bytes')
    if (base.startsWith(WHITEOUT)) return this.#whiteout(parent, base, entry)
    const path = `${parent}/${base}`
    this.#make(path, entry)
    this.#own.add(path)
    this.contentSize += entry.size
  }

  data(chunk: Buffer, offset: number): void {
    const file = this.#file
    if (!file) return
    if (!file.isMoved) for (let at = 0; at < chunk.length; ) at += writeSync(file.descriptor, chunk, at, chunk.length - at, offset + at)
    file.end = offset + chunk.length
    this.#options.digests?.update(chunk, offset)
  }

  complete(): void {
    const file = this.#file
    if (!file) return
    this.#file = undefined
    const { descriptor, entry, path, end } = file
    try {
      if (end < entry.size) ftruncateSync(descriptor, entry.size)
      if (this.#mustOwn(entry)) giveOwner(entry, (uid, gid) => fchownSync(descriptor, uid, gid))
      if ((entry.mode & 0o7000) !== 0 || (entry.mode & this.#umask) !== 0) fchmodSync(descriptor, entry.mode)
      this.#setXattrs(path, entry)
      futimesSync(descriptor, entry.mtime, entry.mtime)
      this.#options.digests?.complete(this.#relative(path), { size: entry.size, isPlain: entry.xattrs === undefined })
    } finally {
      closeSync(descriptor)
    }
  }

  /** Sets what had to wait. */
  finish(): void {
    for (const [path, entry] of [...this.#directories].reverse()) {
      const place = toPath(path)
      if (this.#mustOwn(entry)) giveOwner(entry, (uid, gid) => lchownSync(place, uid, gid))
      chmodSync(place, entry.mode)
      this.#setXattrs(path, entry)
      lutimesSync(place, entry.mtime, entry.mtime)
    }
  }

  /** Closes what an error left open. */
  abandon(): void {
    if (this.#file) closeSync(this.#file.descriptor)
    this.#file = undefined
  }

  #relative = (path: BytePath): BytePath => path.slice(this.#paths.root.length + 1)

  #root(entry: TarEntry): void {
    if (entry.type !== 'directory') throw hostile(entry.path, 'would replace the root of the image')
    this.#directories.set(this.#paths.root, entry)
  }

  #make(path: BytePath, entry: TarEntry): void {
    try {
      this.#makeAnew(path, entry)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' && reasonOf(error) !== 'EEXIST') throw error
      this.#exact = false
      if (entry.type === 'directory' && lstatSync(toPath(path)).isDirectory()) return this.#directory(path, entry)
      this.#clear(path)
      this.#makeAnew(path, entry)
    }
  }

  #makeAnew(path: BytePath, entry: TarEntry): void {
    switch (entry.type) {
      case 'file':
        return this.#createFile(path, entry)
      case 'directory':
        mkdirSync(toPath(path), 0o755)
        return this.#directory(path, entry)
      case 'symlink':
        symlinkSync(toPath(entry.linkPath), toPath(path))
        return this.#finishSpecial(path, entry, false)
      case 'link':
        return this.#link(path, entry)
      case 'fifo':
        this.#options.syscalls.mknod(toPath(path), 'fifo', 0o600)
        return this.#finishSpecial(path, entry, true)
      default:
        return this.#device(path, entry)
    }
  }

  #createFile(path: BytePath, entry: TarEntry): void {
    if (entry.size > this.#options.fileLimit) throw tooLarge(entry)
    const isMoved = this.#move(path, entry)
    const descriptor = isMoved ? openSync(toPath(path), constants.O_RDONLY | constants.O_NOFOLLOW) : openSync(toPath(path), CREATE, entry.mode & 0o777)
    if (isMoved) fchmodSync(descriptor, entry.mode & 0o777)
    this.#file = { descriptor, entry, path, end: 0, isMoved }
  }

  /** False where it is to be written: what is there is never replaced, and another file system takes no file of this one. */
  #move(path: BytePath, entry: TarEntry): boolean {
    const from = this.#options.moved?.get(entry.path)
    if (from === undefined || lstatSync(toPath(path), { throwIfNoEntry: false })) return false
    try {
      renameSync(toPath(from), toPath(path))
      return true
    } catch (error) {
      if (errnoOf(error) === 'EXDEV') return false
      throw error
    }
  }

  #directory(path: BytePath, entry: TarEntry): void {
    this.#directories.set(path, entry)
    this.implied.delete(this.#relative(path))
    if (this.#whitedOut.has(path)) this.#makeOpaque(path)
  }

  #link(path: BytePath, entry: TarEntry): void {
    const { parent, base } = this.#paths.locate(entry.linkPath)
    const source = `${parent}/${base}`
    const found = base === '' ? undefined : lstatSync(toPath(source), { throwIfNoEntry: false })
    if (!found) throw hostile(entry.path, `is a hard link to ${JSON.stringify(toText(entry.linkPath))}, which the layer does not have`)
    if (found.isDirectory()) throw hostile(entry.path, 'is a hard link to a directory')
    if (source !== path) linkSync(toPath(source), toPath(path))
  }

  #device(path: BytePath, entry: TarEntry): void {
    const isWhiteout = entry.type === 'char' && entry.major === 0 && entry.minor === 0
    if (this.#options.inUserNamespace && !isWhiteout) return
    this.#options.syscalls.mknod(toPath(path), entry.type === 'char' ? 'char' : 'block', 0o600, entry.major, entry.minor)
    this.#finishSpecial(path, entry, true)
  }

  #finishSpecial(path: BytePath, entry: TarEntry, hasMode: boolean): void {
    const place = toPath(path)
    if (this.#mustOwn(entry)) giveOwner(entry, (uid, gid) => lchownSync(place, uid, gid))
    if (hasMode) chmodSync(place, entry.mode)
    this.#setXattrs(path, entry)
    lutimesSync(place, entry.mtime, entry.mtime)
  }

  /** New files belong to root already, except below a setgid directory, which only a tree that was there before can have. */
  #mustOwn(entry: TarEntry): boolean {
    return entry.uid !== 0 || entry.gid !== 0 || this.#options.whiteouts === 'remove'
  }

  #setXattrs(path: BytePath, entry: TarEntry): void {
    if (!setXattrs(this.#options.syscalls, toPath(path), entry)) this.#exact = false
  }

  #clear(path: BytePath): void {
    const found = lstatSync(toPath(path))
    if (!found.isDirectory()) return unlinkSync(toPath(path))
    rmSync(toPath(path), { recursive: true })
    this.#paths.forget()
    const below = `${path}/`
    for (const known of [this.#directories, this.#own]) for (const key of known.keys()) if (key === path || key.startsWith(below)) known.delete(key)
  }

  #whiteout(parent: BytePath, base: BytePath, entry: TarEntry): void {
    if (base === OPAQUE) return this.#opaque(parent)
    const name = base.slice(WHITEOUT.length)
    if (name === '' || name === '.' || name === '..') throw hostile(entry.path, 'is a whiteout of nothing that has a name')
    const path = `${parent}/${name}`
    const found = lstatSync(toPath(path), { throwIfNoEntry: false })
    if (this.#options.whiteouts === 'remove') {
      if (found && !this.#own.has(path)) this.#clear(path)
      return
    }
    this.#whitedOut.add(path)
    if (!found) this.#options.syscalls.mknod(toPath(path), 'char', 0o600, 0, 0)
    else if (found.isDirectory()) this.#makeOpaque(path)
  }

  #opaque(directory: BytePath): void {
    if (this.#options.whiteouts !== 'remove') return this.#makeOpaque(directory)
    for (const name of readdirSync(toPath(directory), 'latin1')) if (!this.#own.has(`${directory}/${name}`)) this.#clear(`${directory}/${name}`)
  }

  #makeOpaque(path: BytePath): void {
    if (this.#options.whiteouts === 'remove') return
    this.#options.syscalls.setXattr(toPath(path), this.#options.whiteouts === 'overlay' ? 'trusted.overlay.opaque' : 'user.overlay.opaque', Buffer.from('y'))
  }
}

const reasonOf = (error: unknown): string | undefined => (error instanceof EngineError ? error.reason : undefined)

const tooLarge = (entry: TarEntry) => new EngineError('resource-exhausted', `${JSON.stringify(toText(entry.path))} has ${entry.size} bytes, more than a layer may have`, { reason: 'layer-too-large' })
