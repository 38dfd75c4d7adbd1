import type { ChainId } from '#shared/oci/digest.ts'
import type { DiffSource, WhiteoutForm } from '../layers/layers.ts'

/**
 * Snapshots: directories stacked on one another.
 *
 * A **committed** snapshot is frozen and named by the chain ID of the layers it holds; its **parent** is the chain below. An
 * **active** snapshot is writable, has a **key** (a container's id, a build step's) and sits on a committed parent or on
 * nothing. Storage differs by machine (overlayfs, fuse-overlayfs, plain copies); what is said here does not.
 *
 * Unpacking an image: for each layer whose chain ID is not yet committed, `prepareLayer(parent)` gives an empty directory to
 * apply the layer into (whiteouts in the form the draft asks for) and `commit(chain)` of the draft makes it appear under its chain ID in one
 * step. Where `independent` is true, layers of one image may be prepared and applied at the same time, in any order, and only committed
 * in order; where it is false (plain copies) a draft starts as a copy of its parent, which must be committed before.
 *
 * Running a container: `prepare(key, parent)` once at create; `mount(key, target)` at start and `unmount(target)` when it stops; `remove(key)`
 * with the container. A mount outlives the engine; mounting what is mounted is nothing.
 *
 * Committing a container or a build step: `changesOf(key)` says what layers/diff is to read; `commit(key, chain)` freezes the
 * snapshot without copying, after which the key is gone; `copyChanges` takes a frozen copy first, and the container goes on.
 *
 * A record is written only when its directory is whole, so what a crash leaves are directories without a record; they are removed at open.
 */
export interface Snapshotter {
  /** Stable name as Docker reports it: `overlay2`, `fuse-overlayfs` or `vfs`. */
  readonly driver: string
  /** Drafts do not need their parent to be committed first. */
  readonly independent: boolean
  has(chain: ChainId): boolean
  /** A power cut may have torn its files, and nobody could make sure that it has not. The same, committed again, takes its place, unless a container stands on it. */
  isUncertain(chain: ChainId): boolean
  prepareLayer(parent: ChainId | undefined): Promise<LayerDraft>
  /** `marked`: with the file by which programs know that they run in a container. */
  prepare(key: string, parent: ChainId | undefined, options?: { marked?: boolean }): Promise<void>
  hasActive(key: string): boolean
  /** It was mounted as `volatile` before the machine went down: it can only be removed. */
  mayBeTorn(key: string): boolean
  /**
   * `readOnly`: for a look at one that nobody else has mounted; its unmounting waits for no disk.
   * `volatile`: nothing in it has to outlive a power cut, so neither programs in it nor its unmounting wait for the disk, where the machine can do that.
   */
  mount(key: string, target: string, options?: { readOnly?: boolean; volatile?: boolean }): Promise<void>
  /** Read-only mount of a committed snapshot, for reading an image's files. Undone by `unmount`. */
  mountView(chain: ChainId, target: string): Promise<void>
  unmount(target: string): Promise<void>
  /** What this snapshot changed with respect to its parent, for layers.diff, measure and changes. */
  changesOf(id: { key: string } | { chain: ChainId }): DiffSource
  /** As Docker reports them (`GraphDriver.Data`): LowerDir, UpperDir, WorkDir, or Dir. */
  describe(id: { key: string } | { chain: ChainId }): Record<string, string>
  /** Directories from top to bottom that together are the committed chain. */
  layerDirectories(chain: ChainId): string[]
  /** Takes out of changes that are not mounted what is there only because something was mounted on it. */
  removeMountStubs(changes: DiffSource, parent: ChainId | undefined, targets: readonly string[]): void
  /** Freezes an active snapshot, which must not be mounted any more. The chain being there already, the snapshot is only removed. */
  commit(key: string, chain: ChainId): Promise<void>
  /** A frozen copy of what an active snapshot changed so far, to be measured and then committed, while the snapshot stays in use. */
  copyChanges(key: string): Promise<ChangesCopy>
  remove(key: string): Promise<void>
  /** Removes a committed snapshot. @throws failed-precondition while another sits on it. */
  removeCommitted(chain: ChainId): Promise<void>
  /** Another layer, a container or a step of a build has it below. */
  isParent(chain: ChainId): boolean
  /** Each after its parent. */
  listCommitted(): { chain: ChainId; parent: ChainId | undefined; createdAt: number }[]
  listActive(): { key: string; parent: ChainId | undefined }[]
  /** Until this is done, which it also is by itself after a while, a power cut may take files of layers that were committed before; their records say so (`unflushed`). */
  flush(longest?: number): Promise<void>
  /** Bytes on disk of this snapshot alone. */
  usage(id: { key: string } | { chain: ChainId }): Promise<{ bytes: number; inodes: number }>
}

export interface LayerDraft extends AsyncDisposable {
  /** Apply here. Disposing without commit removes it. */
  readonly directory: string
  readonly whiteouts: WhiteoutForm
  /** What is in it, with respect to its parent, which must be committed by now. */
  changes(): DiffSource
  /** @throws failed-precondition when the parent is not committed. The chain being there already, the draft is only removed. */
  commit(chain: ChainId): Promise<void>
}

export interface ChangesCopy extends AsyncDisposable {
  readonly source: DiffSource
  commit(chain: ChainId): Promise<void>
}
