import { lstatSync, mkdirSync, readlinkSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { fromText, toPath, toText, type BytePath } from './byte-path.ts'

/** As many links as the kernel follows in one path. */
const LINK_LIMIT = 40

/**
 * Names of an archive, resolved as if one directory were `/`.
 *
 * A link made by an earlier entry is followed the way a process inside the container would follow it: absolute targets
 * start at the root, `..` stops there. So `lib -> usr/lib` works and `x -> /etc`, `x/passwd` writes to the image's own
 * /etc/passwd. That is safe against races because nobody but this thread writes below the directory.
 */
export class RootedPath {
  readonly root: BytePath
  /** Resolved real directories by the directory's path as named. */
  readonly #known = new Map<string, BytePath>()
  readonly #made: (path: BytePath) => void

  /** `made` is told of every directory that no entry announced before something was put into it. */
  constructor(root: string, made: (path: BytePath) => void) {
    this.root = fromText(root)
    this.#made = made
    this.#known.set('', this.root)
  }

  /** Real parent directory (made if absent) and last name of an entry; an empty name is the root itself. @throws invalid-argument */
  locate(name: BytePath): { parent: BytePath; base: BytePath } {
    const parts = normalise(name)
    const base = parts.pop() ?? ''
    return { parent: this.#directory(parts), base }
  }

  /** Forgets what is known, after something that was a directory went away. */
  forget(): void {
    this.#known.clear()
    this.#known.set('', this.root)
  }

  #directory(parts: string[]): BytePath {
    const key = parts.join('/')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const resolved = this.#resolve(parts)
    this.#known.set(key, resolved)
    return resolved
  }

  #resolve(parts: string[]): BytePath {
    const pending = [...parts].reverse()
    const trail: string[] = []
    for (let links = 0; pending.length > 0; ) {
      const part = pending.pop()!
      if (part === '' || part === '.') continue
      if (part === '..') {
        trail.pop()
        continue
      }
      const here = [this.root, ...trail, part].join('/')
      const target = this.#enter(here)
      if (target === undefined) {
        trail.push(part)
        continue
      }
      if (++links > LINK_LIMIT) throw hostile(parts.join('/'), 'goes through too many symbolic links')
      if (target.startsWith('/')) trail.length = 0
      pending.push(...target.split('/').reverse())
    }
    return [this.root, ...trail].join('/')
  }

  /** Undefined for a directory, which is made where nothing is; the target of a symbolic link. */
  #enter(path: BytePath): BytePath | undefined {
    const found = lstatSync(toPath(path), { throwIfNoEntry: false })
    if (!found) {
      mkdirSync(toPath(path), 0o755)
      this.#made(path)
      return undefined
    }
    if (found.isDirectory()) return undefined
    if (found.isSymbolicLink()) return readlinkSync(toPath(path), 'latin1')
    throw hostile(path.slice(this.root.length + 1), 'is used as a directory but is not one')
  }
}

/** Components without `.` and empty ones. @throws invalid-argument where `..` leaves the root. */
export function normalise(name: BytePath): string[] {
  const parts: string[] = []
  if (name.includes('\0')) throw hostile(name, 'contains a NUL byte')
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) throw hostile(name, 'is outside of the root of the image')
  }
  return parts
}

export const hostile = (name: BytePath, what: string): EngineError =>
  new EngineError('invalid-argument', `invalid layer: ${JSON.stringify(toText(name).slice(0, 300))} ${what}`, { reason: 'hostile-layer', hint: 'The image is damaged or malicious; it was not stored.' })
