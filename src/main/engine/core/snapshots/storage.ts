import type { WhiteoutForm } from '../layers/layers.ts'

/** How directories become one root file system on this machine: overlay-storage.ts, fuse-storage.ts, copy-storage.ts. Numbers name directories below `root`. */
export interface Storage {
  readonly driver: string
  readonly form: WhiteoutForm
  /** Whether a directory holds only changes (true) or a whole tree. */
  readonly layered: boolean
  /** Makes the directory of a new snapshot on the stack, top to bottom. */
  create(number: number, stack: readonly number[], purpose: 'layer' | 'active'): Promise<void>
  /** `volatile`: nothing in it has to outlive a power cut. */
  mount(number: number, stack: readonly number[], target: string, options: { volatile: boolean }): Promise<void>
  mountView(stack: readonly number[], target: string): Promise<void>
  /** Since it was mounted as volatile the machine has gone down. */
  mayBeTorn(number: number): boolean
}
