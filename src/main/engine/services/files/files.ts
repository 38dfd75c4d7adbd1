import type { Readable } from 'node:stream'
import type { ImageId } from '#shared/oci/digest.ts'
import type { FileEntry } from '../../core/files/list.ts'
import type { Change } from '../../core/layers/layers.ts'
import { containerChanges } from './changes.ts'
import { commitContainer, type CommitRequest } from './commit.ts'
import type { FilesContext } from './context.ts'
import { makeContainerFolder, readContainerFile, removeContainerFile, renameContainerFile, writeContainerFile, type ContainerFile } from './edit.ts'
import { exportContainer } from './export.ts'
import { listFiles } from './list.ts'
import { statPath, type PathStat } from './path-stat.ts'
import { readArchive, type PathArchive } from './read-archive.ts'
import { writeArchive, type WriteOptions } from './write-archive.ts'

/**
 * Files: what a container's tree holds, takes in, has changed, and becomes.
 *
 * Its tree is what it sees: the root file system with volumes, binds and tmpfs in their places (open-container.ts). cp reads and writes that;
 * diff, export and commit are about the root file system alone. Empty files and folders that exist only because something was to be mounted
 * on them are the engine's and appear in none of these (core/snapshots/mount-stubs.ts). Nothing of a container's tree is ever executed, and
 * all names are resolved within it (core/files/files.ts), since the container may be hostile and running.
 *
 * References are full ids, names, or unique id prefixes. @throws not-found for containers and paths, everywhere.
 */
export interface Files {
  statPath(reference: string, path: string): Promise<PathStat>
  readArchive(reference: string, path: string, deliver: (archive: PathArchive) => Promise<void>): Promise<void>
  writeArchive(reference: string, source: Readable, options: WriteOptions): Promise<void>
  list(reference: string, path: string): Promise<FileEntry[]>
  readFile(reference: string, path: string, deliver: (file: ContainerFile) => Promise<void>): Promise<void>
  /** Makes the file, or puts it in the place of the one that is there in one step, keeping owner and mode. */
  writeFile(reference: string, path: string, content: Readable): Promise<void>
  makeFolder(reference: string, path: string): Promise<void>
  /** With all that is below it. */
  removeFile(reference: string, path: string): Promise<void>
  renameFile(reference: string, from: string, to: string): Promise<void>
  changes(reference: string): Promise<Change[]>
  export(reference: string, deliver: (content: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void>
  commit(request: CommitRequest): Promise<ImageId>
}

export const createFiles = (ctx: FilesContext): Files => ({
  statPath: (reference, path) => statPath(ctx, reference, path),
  readArchive: (reference, path, deliver) => readArchive(ctx, reference, path, deliver),
  writeArchive: (reference, source, options) => writeArchive(ctx, reference, source, options),
  list: (reference, path) => listFiles(ctx, reference, path),
  readFile: (reference, path, deliver) => readContainerFile(ctx, reference, path, deliver),
  writeFile: (reference, path, content) => writeContainerFile(ctx, reference, path, content),
  makeFolder: (reference, path) => makeContainerFolder(ctx, reference, path),
  removeFile: (reference, path) => removeContainerFile(ctx, reference, path),
  renameFile: (reference, from, to) => renameContainerFile(ctx, reference, from, to),
  changes: (reference) => containerChanges(ctx, reference),
  export: (reference, deliver) => exportContainer(ctx, reference, deliver),
  commit: (request) => commitContainer(ctx, request),
})
