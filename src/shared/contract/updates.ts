import { nothing, type Shapes } from './shape.ts'
import type { SerializedError } from './errors.ts'

/** A release that is newer than what runs. */
export interface Release {
  version: string
  /** In the words of the changelog; text, not HTML. */
  notes: string
  /** Of what would be downloaded, where it is known. */
  bytes?: number
}

/** Who brings newer releases where the app itself does not: the system's packages, whoever unpacked the archive, nobody for a checkout, the shell of a server. */
export type UpdatesBy = 'packages' | 'archive' | 'source' | 'server' | 'no-feed'

export type UpdateState =
  | { status: 'elsewhere'; by: UpdatesBy }
  /** Nothing newer is known; `checked` is when that was last asked. */
  | { status: 'current'; checked?: number }
  | { status: 'checking' }
  | { status: 'available'; release: Release }
  | { status: 'downloading'; release: Release; current: number; total: number }
  /** It is installed when the app ends, or at once by `install`. */
  | { status: 'ready'; release: Release }
  /** Nothing was changed. `release`: it failed after that one was found. */
  | { status: 'failed'; error: SerializedError; release?: Release }

export interface UpdatesContract {
  state(): Promise<UpdateState>
  /** Asks the feed now, whether or not it is asked by itself. */
  check(): Promise<UpdateState>
  /** What was found. Resolves once it is verified, or failed; told by `update.changed` events meanwhile. */
  download(): Promise<UpdateState>
  /** Ends a download. */
  cancel(): Promise<UpdateState>
  /** Ends the app, installs, and starts it anew. Containers run on. @throws failed-precondition when nothing is ready */
  install(): Promise<void>
}

export const updatesShapes: Shapes<UpdatesContract> = { state: nothing, check: nothing, download: nothing, cancel: nothing, install: nothing }
