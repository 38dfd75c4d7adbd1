import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import type { Host } from '../host/host.ts'

/**
 * /dev/shm that several containers see. A mount in one container's mount namespace cannot be bound in another's (mount(2) takes sources from the
 * caller's own namespace only), so it is mounted on the host's side and bound in each.
 */
export function mountSharedMemory(syscalls: Host['syscalls'], directory: string, size: number): void {
  unmountSharedMemory(syscalls, directory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  syscalls.mount({ source: 'shm', target: directory, type: 'tmpfs', flags: ['nosuid', 'nodev', 'noexec'], data: `mode=1777,size=${size}` })
}

/** Containers that have bound it keep it. */
export function unmountSharedMemory(syscalls: Host['syscalls'], directory: string): void {
  if (!existsSync(directory)) return
  try {
    syscalls.unmount(directory, { detach: true })
  } catch {
    /* was not mounted (any more) */
  }
  rmdirSync(directory)
}
