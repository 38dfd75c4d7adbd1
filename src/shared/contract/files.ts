import { EngineError } from '../errors.ts'
import { identifier, list, literal, optional, record, text, variant, type Shape, type Shapes } from './shape.ts'
import type { ContainerId, EachOutcome, Timestamp } from './containers.ts'

/** Whose files. A container's are what its programs see: volumes and folders of the host in their places. */
export type FilePlace = { kind: 'container'; id: ContainerId } | { kind: 'volume'; name: string }

export type FileKind = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket'

export interface FileEntry {
  /** Untrusted. */
  name: string
  kind: FileKind
  size: number
  /** Permission bits with setuid, setgid and sticky. */
  mode: number
  uid: number
  gid: number
  modifiedAt: Timestamp
  /** What a link says. */
  target?: string
}

export interface FileListing {
  entries: FileEntry[]
  /** What this engine can do here beyond reading and putting in; plain Docker has no way to rename or remove. */
  canChange: boolean
  /** The container through which a plain Docker engine's volume is read. */
  through?: string
}

export interface FilesContract {
  /** Through links. @throws not-found; invalid-argument (not-a-directory) when it is a file. */
  list(request: { place: FilePlace; path: string }): Promise<FileListing>
  makeFolder(request: { place: FilePlace; path: string }): Promise<void>
  rename(request: { place: FilePlace; path: string; to: string }): Promise<void>
  /** With all below. The ids of the outcomes are the paths. */
  remove(request: { place: FilePlace; paths: string[] }): Promise<EachOutcome[]>
  /** Makes or replaces one small text in one step, keeping owner and mode. */
  writeText(request: { place: FilePlace; path: string; text: string }): Promise<void>
  /** Saves to a file of this machine: one file as it is, a folder or several as a tar archive. Progress. */
  save(request: { place: FilePlace; paths: string[]; target: string }): Promise<{ bytes: number }>
  /** Copies each to a place of its own on this machine, from where the desktop can drag it; a folder as a tar archive. Kept until the app ends. Progress. */
  lift(request: { place: FilePlace; paths: string[] }): Promise<{ paths: string[] }>
  /** Copies files and folders of this machine in. Progress. */
  put(request: { place: FilePlace; folder: string; sources: string[] }): Promise<void>
}

/** What the page sends on `files.upload`: each entry, and the bytes of each file behind it. */
export type UploadMessage =
  /** Relative to the folder. `size` undefined: a folder. */
  | { kind: 'entry'; path: string; size?: number; modifiedAt?: Timestamp }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'end' }
/** `taken`: so many bytes in all are on their way to the engine; the page keeps no more than a window ahead of it. */
export type UploadAnswer = { kind: 'taken'; bytes: number } | { kind: 'done' }
/** Bytes that may be on the way and not yet taken. */
export const uploadWindow = 4_000_000
/** Of one message either way. */
export const filePiece = 256 * 1024

export interface ReadRequest {
  place: FilePlace
  path: string
  /** `archive`: what is there, with all below it, as tar. */
  as: 'content' | 'archive'
}
export type ReadMessage = { kind: 'bytes'; bytes: Uint8Array }

/** Absolute in its place. */
export const filePath: Shape<string> = (value, field) => {
  const path = text(4096)(value, field)
  if (path.startsWith('/')) return path
  throw new EngineError('invalid-argument', `${field} must begin with a slash.`, { reason: 'bad-request', field })
}
export const filePlace: Shape<FilePlace> = variant<FilePlace>('kind', {
  container: record({ kind: literal('container'), id: identifier<ContainerId>() }),
  volume: record({ kind: literal('volume'), name: identifier<string>() }),
})
/** A path of this machine. */
export const hostPath: Shape<string> = (value, field) => filePath(value, field)

const piece: Shape<Uint8Array> = (value, field) => {
  if (value instanceof Uint8Array && value.length <= 1_048_576) return value
  throw new EngineError('invalid-argument', `${field} must be at most 1 MiB of bytes.`, { reason: 'bad-request', field })
}
const size: Shape<number> = (value, field) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new EngineError('invalid-argument', `${field} must be a size.`, { reason: 'bad-request', field })
}
export const uploadMessage: Shape<UploadMessage> = variant<UploadMessage>('kind', {
  entry: record({ kind: literal('entry'), path: text(4096), size: optional(size), modifiedAt: optional(size) }),
  bytes: record({ kind: literal('bytes'), bytes: piece }),
  end: record({ kind: literal('end') }),
})

export const filesShapes: Shapes<FilesContract> = {
  list: record<{ place: FilePlace; path: string }>({ place: filePlace, path: filePath }),
  makeFolder: record<{ place: FilePlace; path: string }>({ place: filePlace, path: filePath }),
  rename: record<{ place: FilePlace; path: string; to: string }>({ place: filePlace, path: filePath, to: filePath }),
  remove: record<{ place: FilePlace; paths: string[] }>({ place: filePlace, paths: list(filePath, 10_000) }),
  writeText: record<{ place: FilePlace; path: string; text: string }>({ place: filePlace, path: filePath, text: anyText }),
  save: record<{ place: FilePlace; paths: string[]; target: string }>({ place: filePlace, paths: list(filePath, 10_000), target: hostPath }),
  lift: record<{ place: FilePlace; paths: string[] }>({ place: filePlace, paths: list(filePath, 100) }),
  put: record<{ place: FilePlace; folder: string; sources: string[] }>({ place: filePlace, folder: filePath, sources: list(hostPath, 10_000) }),
}

/** A text may hold NUL where a path may not. */
function anyText(value: unknown, field: string): string {
  if (typeof value === 'string' && value.length <= 4_000_000) return value
  throw new EngineError('invalid-argument', `${field} must be text of at most 4,000,000 characters.`, { reason: 'bad-request', field })
}
