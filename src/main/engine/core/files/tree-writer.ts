import { closeSync, constants, fchmodSync, fchownSync, fstatSync, ftruncateSync, futimesSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync, openSync, symlinkSync } from 'node:fs'
import { posix } from 'node:path'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import { fromText, toPath, toText, type BytePath } from '../layers/byte-path.ts'
import { giveOwner, setXattrs } from '../layers/entry-attributes.ts'
import type { TarEntry } from '../layers/tar-format.ts'
import type { TarHandler } from '../layers/tar-reader.ts'
import { ContentWriter } from './content-writer.ts'
import type { Root } from './files.ts'
import { openDirectory, within } from './locate.ts'
import { removeTree } from './remove.ts'

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const OVERWRITE = constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Whoever owns the directory may put something back as often as it is removed. */
const ATTEMPTS = 8

export interface TreeWriterOptions {
  /** Refuses to put a directory where something else is, and the other way round. */
  keepKinds?: boolean
  /** Everything is to belong to them, whatever the archive says. */
  owner?: { uid: number; gid: number }
  /** An entry for the place itself gives it owner, mode, attributes and time; otherwise it stays as it is. */
  itself?: boolean
  /** Devices cannot be made there and are left out. */
  inUserNamespace: boolean
}

interface OpenFile {
  descriptor: number
  entry: TarEntry
  access: string | Buffer
  content: ContentWriter
  end: number
}

/** Writes the entries of one archive below a directory of a tree that others change meanwhile. */
export class TreeWriter implements TarHandler {
  readonly #root: Root
  readonly #base: BytePath
  readonly #options: TreeWriterOptions
  /** The directory the last entry went to; entries of one directory come in a row. */
  #parent: { path: BytePath; descriptor: number } | undefined
  #file: OpenFile | undefined
  /** Complete but for bytes on their way to the disk. */
  readonly #closing = new Set<Promise<void>>()
  /** Times that are set last, because filling a directory changes its own. */
  readonly #directories = new Map<BytePath, number>()

  constructor(root: Root, path: string, options: TreeWriterOptions) {
    this.#root = root
    this.#options = options
    // Found once, so that all of it goes to one place even if a link on the way there is changed.
    const base = fromText(posix.normalize(`/${path}`))
    closeSync(openDirectory(root, base))
    this.#base = base === '/' ? '' : base.replace(/\/$/, '')
  }

  entry(entry: TarEntry): void {
    const parts = partsOf(entry.path)
    const name = parts.pop()
    if (name === undefined) return this.#itself(entry)
    if (name.length > 255) throw refused(entry.path, 'has a name longer than 255 bytes')
    const parent = this.#enter(parts)
    const owned = this.#options.owner ? { ...entry, ...this.#options.owner } : entry
    this.#make(within(parent, name), owned, [this.#base, ...parts, name].join('/'))
  }

  data(bytes: Buffer, offset: number): void {
    if (!this.#file) return
    this.#file.content.add(bytes, offset)
    this.#file.end = offset + bytes.length
  }

  complete(): void {
    const file = this.#file
    if (!file) return
    this.#file = undefined
    const pending = file.content.finish()
    if (!pending) return this.#close(file)
    const closing = pending.then(() => this.#close(file), (error: unknown) => {
      closeSync(file.descriptor)
      throw error
    })
    closing.catch(() => {})
    this.#closing.add(closing)
  }

  /** Resolves when more may be written; undefined: at once. @throws what went wrong with a file before */
  drain(): Promise<void> | undefined {
    const content = this.#file?.content.drain()
    if (this.#closing.size === 0) return content
    const closing = [...this.#closing]
    this.#closing.clear()
    return Promise.all([content, ...closing]).then(() => {})
  }

  /** Waits for the disk and sets what had to wait. */
  async finish(): Promise<void> {
    await this.drain()
    for (const [path, mtime] of [...this.#directories].reverse()) this.#stamp(path, mtime)
    this.#leave()
  }

  /** Closes what an error left open. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#closing)
    if (this.#file) {
      await this.#file.content.settle()
      closeSync(this.#file.descriptor)
    }
    this.#file = undefined
    this.#leave()
  }

  /** The directory, made where the archive does not mention it. */
  #enter(parts: readonly BytePath[]): number {
    const path = [this.#base, ...parts].join('/')
    if (this.#parent?.path === path) return this.#parent.descriptor
    this.#leave()
    const descriptor = this.#openOrMake(path, parts.length)
    this.#parent = { path, descriptor }
    return descriptor
  }

  #openOrMake(path: BytePath, depth: number): number {
    try {
      return openDirectory(this.#root, path)
    } catch (error) {
      if (depth === 0 || !isEngineError(error, 'not-found')) throw error
    }
    const slash = path.lastIndexOf('/')
    const above = this.#openOrMake(path.slice(0, slash), depth - 1)
    try {
      mkdirSync(within(above, path.slice(slash + 1)), 0o755)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    } finally {
      closeSync(above)
    }
    return openDirectory(this.#root, path)
  }

  #leave(): void {
    if (this.#parent) closeSync(this.#parent.descriptor)
    this.#parent = undefined
  }

  #itself(entry: TarEntry): void {
    if (!this.#options.itself || entry.type !== 'directory') return
    const base = this.#base || '/'
    const descriptor = openDirectory(this.#root, base)
    try {
      this.#directory(within(descriptor, '.'), entry, base)
    } finally {
      closeSync(descriptor)
    }
  }

  #make(access: string | Buffer, entry: TarEntry, path: BytePath): void {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#makeAnew(access, entry, path)
      } catch (error) {
        const there = errnoOf(error) === 'EEXIST' || (isEngineError(error) && error.reason === 'EEXIST')
        if (!there || attempt === ATTEMPTS) throw error
      }
      const found = lstatSync(access, { throwIfNoEntry: false })
      if (found?.isDirectory() && entry.type === 'directory') return this.#directory(access, entry, path)
      if (found && this.#options.keepKinds) refuseOtherKind(found.isDirectory(), entry, path)
      if (!this.#replace(access, entry)) return
    }
  }

  /** False when it could not be taken away but is written over: a file that is a mount point. */
  #replace(access: string | Buffer, entry: TarEntry): boolean {
    try {
      removeTree(access)
      return true
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY' || entry.type !== 'file') throw error
    }
    const descriptor = openSync(access, OVERWRITE)
    if (fstatSync(descriptor).isFile()) this.#file = { descriptor, entry, access, content: new ContentWriter(descriptor), end: 0 }
    else closeSync(descriptor)
    return false
  }

  #makeAnew(access: string | Buffer, entry: TarEntry, path: BytePath): void {
    const { syscalls } = this.#root
    switch (entry.type) {
      case 'file': {
        const descriptor = openSync(access, CREATE, 0o600)
        this.#file = { descriptor, entry, access, content: new ContentWriter(descriptor), end: 0 }
        return
      }
      case 'directory':
        mkdirSync(access, 0o700)
        return this.#directory(access, entry, path)
      case 'symlink':
        symlinkSync(toPath(entry.linkPath), access)
        return this.#finishSpecial(access, entry)
      case 'link':
        return this.#link(access, entry)
      default: {
        const device = entry.type !== 'fifo'
        if (device && this.#options.inUserNamespace) return
        syscalls.mknod(access, entry.type, entry.mode, entry.major, entry.minor)
        return this.#finishSpecial(access, entry)
      }
    }
  }

  #link(access: string | Buffer, entry: TarEntry): void {
    const parts = partsOf(entry.linkPath)
    const name = parts.pop()
    if (name === undefined) throw refused(entry.path, 'is a hard link to a directory')
    const parent = openDirectory(this.#root, [this.#base, ...parts].join('/'))
    try {
      linkSync(within(parent, name), access)
    } finally {
      closeSync(parent)
    }
  }

  /** By descriptor: a mode set by name would follow a link put there meanwhile. */
  #directory(access: string | Buffer, entry: TarEntry, path: BytePath): void {
    const descriptor = openSync(access, OPEN_DIRECTORY)
    try {
      giveOwner(entry, (uid, gid) => fchownSync(descriptor, uid, gid))
      fchmodSync(descriptor, entry.mode)
      setXattrs(this.#root.syscalls, `/proc/self/fd/${descriptor}/.`, entry)
    } finally {
      closeSync(descriptor)
    }
    this.#directories.set(path, entry.mtime)
  }

  #close({ descriptor, entry, access, end }: OpenFile): void {
    try {
      if (end < entry.size) ftruncateSync(descriptor, entry.size)
      giveOwner(entry, (uid, gid) => fchownSync(descriptor, uid, gid))
      fchmodSync(descriptor, entry.mode)
      if (entry.xattrs && isSame(descriptor, access)) setXattrs(this.#root.syscalls, access, entry)
      futimesSync(descriptor, entry.mtime, entry.mtime)
    } finally {
      closeSync(descriptor)
    }
  }

  #finishSpecial(access: string | Buffer, entry: TarEntry): void {
    giveOwner(entry, (uid, gid) => lchownSync(access, uid, gid))
    setXattrs(this.#root.syscalls, access, entry)
    lutimesSync(access, entry.mtime, entry.mtime)
  }

  /** What was moved away meanwhile is left alone. */
  #stamp(path: BytePath, mtime: number): void {
    try {
      const descriptor = openDirectory(this.#root, path)
      lutimesSync(`/proc/self/fd/${descriptor}/.`, mtime, mtime)
      closeSync(descriptor)
    } catch (error) {
      if (!isEngineError(error)) throw error
    }
  }
}

/** Extended attributes are set by name; a capability must not land on something that was put in the file's place. */
function isSame(descriptor: number, access: string | Buffer): boolean {
  const [mine, found] = [fstatSync(descriptor), lstatSync(access, { throwIfNoEntry: false })]
  return found !== undefined && found.ino === mine.ino && found.dev === mine.dev
}

/** @throws invalid-argument where `..` leads out of the archive. */
function partsOf(path: BytePath): BytePath[] {
  const parts: BytePath[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) throw refused(path, 'is outside of the place to unpack to')
  }
  return parts
}

function refuseOtherKind(isDirectory: boolean, entry: TarEntry, path: BytePath): void {
  const place = JSON.stringify(toText(path))
  if (isDirectory) throw new EngineError('invalid-argument', `cannot overwrite directory ${place} with non-directory ${JSON.stringify(toText(entry.path))}`, { reason: 'other-kind' })
  if (entry.type === 'directory') throw new EngineError('invalid-argument', `cannot overwrite non-directory ${place} with directory ${JSON.stringify(toText(entry.path))}`, { reason: 'other-kind' })
}

const refused = (path: BytePath, what: string) => new EngineError('invalid-argument', `invalid archive: ${JSON.stringify(toText(path).slice(0, 300))} ${what}`, { reason: 'hostile-archive' })
