import type { Readable } from 'node:stream'
import type { DiffId, Digest } from '#shared/oci/digest.ts'
import type { BytePath } from './byte-path.ts'
import type { TarEntry, TarType } from './tar-format.ts'

/**
 * Layers: file system change sets as tar archives.
 *
 * To **apply** a layer is to replay its archive in a directory; to **diff** is the opposite, from a directory of changes (an overlay's
 * upper directory, or two whole trees where there is no overlay) to an archive. To **pack** is to write a whole tree.
 *
 * In an archive a deletion is a *whiteout*: an empty file `.wh.name`; a directory that hides all that is below it holds
 * `.wh..wh..opq`. On disk an overlay says the same with a 0/0 character device and an extended attribute. {@link WhiteoutForm}
 * says which form the directory wants.
 *
 * The archive is hostile until proven otherwise: no name, symbolic link, hard link or whiteout in it reaches outside the directory
 * (names are resolved as if the directory were `/`, see rooted-path.ts). The bytes are hashed as they pass, and the result is the **diff ID**.
 *
 * All of this is synchronous file system work in worker threads (worker.ts): few at a time (worker-pool.ts), ended when idle. Diff is
 * canonical: the same directory gives the same bytes, so a layer made here need not be kept as a blob; it is made again
 * from its frozen snapshot when it is pushed or saved, and verified by its diff ID.
 */
export interface Layers extends AsyncDisposable {
  /**
   * Applies the layer in the file `source` (gzip, zstd or plain tar, told by its first bytes) to `directory`.
   * @throws invalid-argument (hostile or malformed archive), data-loss (truncated, or not `expected`), resource-exhausted (disk full, bomb).
   */
  apply(source: string, directory: string, options: ApplyOptions): Promise<AppliedLayer>
  /** As `apply`, of an archive that comes and only becomes a layer. @throws as `apply` */
  take(archive: Readable, directory: string, options: TakeOptions): Promise<TakenFiles>
  /** Puts just these into `directory`, each from its own place and under its own name, with what `apply` refuses refused. @throws unavailable when one cannot be read */
  copy(entries: readonly ListedEntry[], directory: string, options: CopyOptions): Promise<CopiedFiles>
  /**
   * Unpacks an archive that is of no image, its whiteouts removing what is there: a file as `apply` takes it, or a plain one as it comes, which is read to its end or destroyed.
   * @throws as `apply`, invalid-argument where whiteouts are not wanted, and with the error of what comes
   */
  unpack(archive: string | Readable, directory: string, options?: UnpackOptions): Promise<UnpackedFiles>
  /** What `diff` would give, without the bytes. */
  measure(source: DiffSource, options?: TransferOptions): Promise<AppliedLayer>
  /** The changes as a tar stream; read it to its end. The stream errors when the tree cannot be read. */
  diff(source: DiffSource, options?: TransferOptions): Readable
  /** A whole tree, such as a mounted root file system, as a tar stream; nothing outside `directory` is followed or read, whoever changes it meanwhile. `leaveOut`: paths below it. */
  pack(directory: string, options?: TransferOptions & { leaveOut?: readonly string[] }): Readable
  /** SHA-256 of each file in turn, {@link DIGEST_BYTES} for each: of what it holds, and of those of its extended attributes that travel in layers. */
  digests(files: readonly BytePath[], options?: TransferOptions): Promise<Uint8Array>
  /** Paths that differ, as `docker diff` shows them. */
  changes(source: DiffSource): Promise<Change[]>
  /** Everything in a layer, each entry a line of JSON ({@link LayerEntry}); a directory comes before what is in it. */
  entries(source: DiffSource, options?: TransferOptions): Readable
  /** Compresses a layer into the file `target`; the source is a file or a diff. */
  compress(source: { file: string } | DiffSource, target: string, options?: TransferOptions & { algorithm?: 'gzip' | 'none' }): Promise<CompressedLayer>
  /** Bytes (allocated blocks) and entries below a directory, hard links counted once; other file systems are not entered. */
  usage(directory: string): Promise<{ bytes: number; inodes: number }>
  /** Removes a directory and all that is below it. */
  remove(directory: string): Promise<void>
}

export const DIGEST_BYTES = 32

/** The archive of nothing, two empty blocks: what a change set without changes is. */
export const EMPTY_LAYER = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef' as DiffId

export type WhiteoutForm =
  /** 0/0 device and trusted.overlay.opaque. */
  | 'overlay'
  /** 0/0 device and user.overlay.opaque: an overlay mounted in a user namespace. */
  | 'user-overlay'
  /** The directory already holds what is below: remove it. */
  | 'remove'

export interface TransferOptions {
  signal?: AbortSignal
  /** Bytes handled so far, of the file that is read (apply, compress) or of the tar that is written. At most ten a second. */
  onProgress?: (bytes: number) => void
}

/** Of an archive as it comes. */
export interface ComingOptions extends TransferOptions {
  /** Nobody else has its chunks, as with those of a request: they are released when they are read. */
  own?: boolean
}

export interface ApplyOptions extends TransferOptions {
  whiteouts: WhiteoutForm
  /** Refuses any other diff ID; what was applied by then is the caller's to remove. */
  expected?: DiffId
  /** Uncompressed bytes; default 256 GiB. What the disk has free bounds it as well. */
  limit?: number
}

export interface AppliedLayer {
  diffId: DiffId
  /** Bytes of the uncompressed archive. */
  size: number
  /** Bytes of file content in it: what Docker calls a layer's size. */
  contentSize: number
  /** Directories the archive put something into without announcing them; their attributes are those of the layers below, see adoptAttributes. */
  implied?: BytePath[]
}

export interface TakeOptions extends ComingOptions {
  whiteouts: WhiteoutForm
}

export interface TakenFiles {
  /** As {@link AppliedLayer.implied}. */
  implied: BytePath[]
  /** As {@link CopiedFiles.layer}. */
  layer?: AppliedLayer
}

export interface CopyOptions extends TransferOptions {
  whiteouts: WhiteoutForm
  /** Hashes each file on its way. */
  digests?: boolean
  /** The layers below, top to bottom: directories of theirs that something is put into keep their attributes. */
  below?: readonly string[]
}

export interface CopiedFiles extends UnpackedFiles {
  /** What `measure` would say of the directory, which was empty, where that is certain without reading it; not with `digests`. */
  layer?: AppliedLayer
}

export interface UnpackOptions extends ComingOptions {
  refuseWhiteouts?: boolean
}

export interface UnpackedFiles {
  /** SHA-256 in hex of the files by their paths below the directory, as `digests` gives it; of some nothing is known. */
  digests: ReadonlyMap<BytePath, string>
}

/**
 * `directory` with `form` overlay: an upper directory alone says what changed. With `below`: whole trees, compared (copy snapshots);
 * 'overlay' with `below` (top to bottom) is needed only by `changes`, to tell added from changed.
 */
export interface DiffSource {
  directory: string
  form: WhiteoutForm
  below?: readonly string[]
}

/** Size, link target, device number and extended attributes are those of the `source`. */
export interface ListedEntry extends Pick<TarEntry, 'path' | 'mode' | 'uid' | 'gid' | 'mtime'> {
  type: Exclude<TarType, 'link'>
  /** The same for all names of one file, which are hard links again. */
  linked?: string
  /** Absolute on the host, nothing followed at its end. Without one: an empty folder, or a file with `content`. */
  source?: BytePath
  /** Nobody needs the source any more: it may be moved. */
  mayMove?: boolean
  content?: Uint8Array
}

export interface Change {
  /** Absolute in the container: `/etc/passwd`. */
  path: string
  kind: 'added' | 'modified' | 'deleted'
}

/** One thing a layer brings or takes away. */
export interface LayerEntry {
  /** Absolute in the container. */
  path: string
  /** `deleted`: the layers below have it, this one takes it away. `special`: a device, a FIFO, a socket. */
  type: 'file' | 'directory' | 'symlink' | 'special' | 'deleted'
  /** Bytes of a file; a further name of the same file has 0. */
  size?: number
  /** Permission bits. */
  mode?: number
  uid?: number
  gid?: number
  target?: string
  /** A directory that hides all that the layers below have in it. */
  opaque?: true
}

export interface CompressedLayer extends AppliedLayer {
  digest: Digest
  /** Bytes of the file written. */
  compressedSize: number
}
