import { closeSync, constants, lstatSync, readlinkSync } from 'node:fs'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import { fromText, toPath, toText, type BytePath } from '../layers/byte-path.ts'
import type { Place, Root } from './files.ts'

const O_PATH = 0o10000000
/** Bytes, on every Linux file system. */
const LONGEST_NAME = 255
const HOLD_DIRECTORY = O_PATH | constants.O_DIRECTORY

/** The thing called `name` in the directory behind a descriptor. */
export const within = (directory: number, name: BytePath): string | Buffer => toPath(`/proc/self/fd/${directory}/${name}`)

/**
 * Finds what a path names, without following a link at its very end; with a slash or `/.` behind it, as a directory and through links.
 * @throws not-found; invalid-argument when something on the way is no directory.
 */
export function locate(root: Root, path: string): Place {
  const { directory, name } = splitPath(path)
  const parent = openDirectory(root, fromText(directory))
  try {
    const access = within(parent, name)
    const stat = lstatSync(access, { throwIfNoEntry: false })
    if (!stat) throw missing(path)
    return { parent, name, access, stat, [Symbol.dispose]: () => closeSync(parent) }
  } catch (error) {
    closeSync(parent)
    throw error
  }
}

/** As {@link locate}, but through a link at the end as well. */
export const locateTarget = (root: Root, path: string): Place => {
  const found = locate(root, path)
  if (!found.stat.isSymbolicLink()) return found
  found[Symbol.dispose]()
  const target = openInRoot(root, fromText(path), O_PATH)
  try {
    const resolved = pathOf(root, target)
    return locate(root, resolved)
  } finally {
    closeSync(target)
  }
}

/** What a link says; undefined when there is another thing by now, or none: whoever runs in the tree may swap it at any time. */
export function linkAt(access: string | Buffer): string | undefined {
  try {
    return readlinkSync(access)
  } catch (error) {
    if (['EINVAL', 'ENOENT'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/** A descriptor of the directory a path leads to, through links. The caller closes it. @throws not-found, invalid-argument */
export const openDirectory = (root: Root, path: BytePath): number => openInRoot(root, path, HOLD_DIRECTORY)

/**
 * Where an open descriptor is, as seen from the root. What the kernel says of it begins with the path of the root, or is seen
 * from another mount namespace, whose own root this root then is.
 */
export function pathOf(root: Root, descriptor: number): string {
  const path = readlinkSync(`/proc/self/fd/${descriptor}`)
  const base = readlinkSync(`/proc/self/fd/${root.descriptor}`)
  if (base === '/' || path === base) return path === base ? '/' : path
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path
}

function openInRoot({ descriptor, syscalls }: Root, path: BytePath, flags: number): number {
  try {
    return syscalls.openInRoot(descriptor, toPath(path === '' ? '/' : path), flags)
  } catch (error) {
    if (!isEngineError(error)) throw error
    if (error.reason === 'ENOENT') throw missing(toText(path), error)
    if (error.reason === 'ENOTDIR') throw new EngineError('invalid-argument', `${toText(path)}: not a directory`, { reason: 'not-a-directory', cause: error })
    throw error
  }
}

/** The directory a path is in, and its last name; a dot stands for the directory itself. @throws invalid-argument for a NUL, or a name that no file can have. */
export function splitPath(path: string): { directory: string; name: BytePath } {
  if (path.includes('\0')) throw new EngineError('invalid-argument', 'the path contains a NUL character', { field: 'path' })
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === '' || name === '.' || name === '..') return { directory: path, name: '.' }
  const bytes = fromText(name)
  if (bytes.length > LONGEST_NAME) throw new EngineError('invalid-argument', `a name of ${bytes.length} bytes is too long; a file’s has ${LONGEST_NAME} at most`, { reason: 'ENAMETOOLONG', field: 'path' })
  return { directory: path.slice(0, path.length - name.length), name: bytes }
}

const missing = (path: string, cause?: unknown) => new EngineError('not-found', `${path}: no such file or directory`, { reason: 'no-such-path', cause })
