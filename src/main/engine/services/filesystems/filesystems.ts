import type { Readable } from 'node:stream'
import type { ImageId } from '#shared/oci/digest.ts'
import type { Change } from '../../core/layers/layers.ts'
import { changesOf } from './changes.ts'
import { commitContainer, type CommitRequest } from './commit.ts'
import { exportContainer } from './export.ts'
import type { FilesystemsContext } from './needs.ts'

/**
 * Filesystems: what a container has written, read as a whole while it runs or not.
 *
 * `changes` names what differs from the image, `export` packs the merged tree, `commit` freezes the difference as a layer and makes an image of
 * it. Volumes and binds are no part of any of them: they are mounted in the container's own mount namespace and not in the tree seen here.
 */
export interface Filesystems {
  /** @throws not-found */
  changes(container: string): Promise<Change[]>
  /** A tar stream of the whole tree; ends the mount it needs when it is read or destroyed. */
  export(container: string): Promise<Readable>
  /** @throws not-found, invalid-argument (changes) */
  commit(request: CommitRequest): Promise<ImageId>
}

export const createFilesystems = (context: FilesystemsContext): Filesystems => ({
  changes: (container) => changesOf(context, container),
  export: (container) => exportContainer(context, container),
  commit: (request) => commitContainer(context, request),
})
