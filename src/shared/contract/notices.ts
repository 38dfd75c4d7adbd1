import type { ContainerId } from './containers.ts'

/** Something that a user wants to hear of without looking. */
export interface ContainerNotice {
  kind: 'crash' | 'unhealthy'
  container: { id: ContainerId; name: string }
  /** Of a crash. */
  code?: number
  outOfMemory?: boolean
  /** Its last words, untrusted. */
  lines: string[]
}
export type NoticeKind = ContainerNotice['kind'] | 'work'
