import { integer, nothing, optional, record, text, truth, type Shapes } from './shape.ts'

/** Whether the engine is a registry that others pull its images from. */
export interface Sharing {
  on: boolean
  /** An address of the engine's machine; 0.0.0.0 for all of them. */
  host: string
  port: number
  /** Who knows the password may push. */
  push: boolean
  username: string
  /** Whether there is one. */
  password: boolean
  /** Reached from the engine's own machine only. */
  loopback: boolean
  /** Why it is not on although it should be. */
  problem?: string
  /** What others have to trust; absent where no TLS is spoken. PEM, and an ISO date. */
  tls?: { certificate: string; fingerprint: string; expires: string; own: boolean }
  /** Names and addresses of the engine's machine. */
  hosts: string[]
}

/** What is left out stays as it is. */
export interface SharingChange {
  on?: boolean
  host?: string
  port?: number
  push?: boolean
  username?: string
  /** Empty takes it away. */
  password?: string
  /** What the registry shows, and its key: PEM files of the app's machine. Both empty: one of the engine's own making. */
  certificate?: string
  key?: string
}

export interface SharingContract {
  /** @throws not-implemented for other engines */
  state(): Promise<Sharing>
  /** All of it or nothing. @throws with the field that is wrong; failed-precondition (needs-password); not-implemented for other engines */
  change(request: SharingChange): Promise<Sharing>
}

export const sharingShapes: Shapes<SharingContract> = {
  state: nothing,
  change: record<SharingChange>({ on: optional(truth), host: optional(text(64)), port: optional(integer(1, 65_535)), push: optional(truth), username: optional(text(128)), password: optional(text(1024)), certificate: optional(text(4096)), key: optional(text(4096)) }),
}
