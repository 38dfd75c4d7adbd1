import type { ChainId } from '#shared/oci/digest.ts'

/**
 * Snapshots: directories stacked on one another.
 *
 * A **committed** snapshot is frozen and named by the chain ID of the layers it holds; its **parent** is the chain below. An
 * **active** snapshot is writable, has a **key** (a container's id, a build step's) and sits on a committed parent or on
 * nothing. Storage differs by machine (overlayfs, fuse-overlayfs, plain copies); what is said here does not.
 *
 * Unpacking an image: for each layer whose chain ID is not yet committed, `prepareLayer(chain)` gives an empty directory to
 * apply the layer into (whiteouts in the form the snapshotter asks for) and `commitLayer` makes it appear under its chain ID in one
 * step. Layers of one image may be prepared and applied at the same time; commit them in order.
 *
 * Running a container: `prepare(key, parent)` once at create; `mount(key, target)` at start and `unmount(target)` when it stops; `remove(key)`
 * with the container. A mount outlives the engine; mounting what is mounted is nothing.
 *
 * Committing a container or a build step: `upperDirectory(key)` is what changed (overlay form), for layers/diff; `commit(key,
 * chain)` freezes it without copying.
 */
export interface Snapshotter {
  has(chain: ChainId): boolean
  prepareLayer(chain: ChainId, parent: ChainId | undefined): Promise<LayerDraft>
  prepare(key: string, parent: ChainId | undefined): Promise<void>
  hasActive(key: string): boolean
  mount(key: string, target: string): Promise<void>
  /** Read-only mount of a committed snapshot, for reading an image's files. Undone by `unmount`. */
  mountView(chain: ChainId, target: string): Promise<void>
  unmount(target: string): Promise<void>
  /** Directory with only this snapshot's changes: whiteouts are 0/0 character devices, opaque directories carry an xattr. */
  upperDirectory(key: string): string
  /** Directories from top to bottom that together are the committed chain. */
  layerDirectories(chain: ChainId): string[]
  commit(key: string, chain: ChainId): Promise<void>
  remove(key: string): Promise<void>
  /** Removes a committed snapshot. @throws failed-precondition while another sits on it. */
  removeCommitted(chain: ChainId): Promise<void>
  listCommitted(): { chain: ChainId; parent: ChainId | undefined; createdAt: number }[]
  listActive(): { key: string; parent: ChainId | undefined }[]
  /** Bytes on disk of this snapshot alone. */
  usage(id: { key: string } | { chain: ChainId }): Promise<{ bytes: number; inodes: number }>
}

export interface LayerDraft extends AsyncDisposable {
  /** Apply here. Disposing without commit removes it. */
  readonly directory: string
  readonly whiteouts: 'device' | 'remove'
  commit(): Promise<void>
}
