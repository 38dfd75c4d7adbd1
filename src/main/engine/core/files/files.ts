import type { Stats } from 'node:fs'
import type { Syscalls } from '../host/host.ts'
import type { BytePath } from '../layers/byte-path.ts'

/**
 * Files: reading and writing a directory tree that somebody hostile may be changing at the same moment, such as the root of a running
 * container or a volume that it has.
 *
 * A **root** is a directory held by a descriptor; names are resolved by the kernel as if it were `/` (openat2 with RESOLVE_IN_ROOT,
 * https://man7.org/linux/man-pages/man2/openat2.2.html), links and `..` included, so none leads out of it. A **place** is the result: a
 * descriptor of the directory something is in, and its last name. From there on nothing is resolved twice: every call goes through
 * `/proc/self/fd/N/name`, which is openat for Node, and with a final name that is not followed. What has to follow (chmod) is
 * done on an open descriptor. So a directory that is swapped for a link between two calls changes nothing: the descriptor still is
 * the directory that was looked at. No call ever takes a path with two names of the tree's in it, and nothing of the tree is executed.
 *
 * Reading and writing here is for what people copy and look at; layers, which nobody else changes meanwhile, have their own way in
 * core/layers. Contents are read and written off the main thread; names and attributes on it, a turn of the event loop at a time.
 */
export interface Root {
  /** Of a directory; whoever made the root closes it. */
  readonly descriptor: number
  readonly syscalls: FileSyscalls
  /**
   * Whether a walk goes into a directory that is on another file system than the one above it. `path` is relative to the root, without a
   * slash at its beginning. Never, when absent.
   */
  readonly crosses?: (path: string) => boolean
}

export type FileSyscalls = Pick<Syscalls, 'openInRoot' | 'mknod' | 'setXattr' | 'getXattr' | 'listXattrs'>

/** Something below a root, found once. Disposing it closes its descriptor. */
export interface Place extends Disposable {
  /** Of the directory it is in; of the directory itself when `name` is a dot. */
  readonly parent: number
  readonly name: BytePath
  /** For system calls. */
  readonly access: string | Buffer
  /** Of the thing itself, not of what a link points at. */
  readonly stat: Stats
}
