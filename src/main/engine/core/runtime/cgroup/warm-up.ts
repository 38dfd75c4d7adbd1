import { readFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ownCgroupDirectory } from './locate.ts'

/** The kernel keeps the lock cheap for about two grace periods after its last use; 20 ms were measured. */
const STAYS_WARM_MS = 8

/**
 * Moving a process into a cgroup takes a lock for writing that all forks take for reading. Its first taker waits for an RCU grace period, 5–20 ms; those
 * who follow closely do not (kernel/cgroup/cgroup.c: cgroup_threadgroup_rwsem; kernel/rcu/sync.c). The runtime moves each container and each exec, so that
 * wait is in every start. Here it is begun as soon as a start is in sight, on a pool thread, beside the shim's start and the network's: the engine is moved to the
 * cgroup that it is in, which changes nothing but takes the lock.
 */
export interface CgroupWarmUp {
  /** Soon something will be moved. Returns at once. */
  hint(): void
  close(): void
}

export function createCgroupWarmUp(): CgroupWarmUp {
  let file: Promise<FileHandle | undefined> | undefined
  let busy = false
  let warmUntil = 0

  async function warm(): Promise<void> {
    const opened = await (file ??= openOwn())
    await opened?.write(String(process.pid), 0).catch(() => {}) /* EBUSY, EACCES: refused after the lock, or without it */
    warmUntil = performance.now() + STAYS_WARM_MS
    busy = false
  }

  return {
    hint() {
      if (busy || performance.now() < warmUntil) return
      busy = true
      void warm()
    },
    close() {
      void file?.then((opened) => opened?.close())
    },
  }
}

async function openOwn(): Promise<FileHandle | undefined> {
  const directory = ownCgroupDirectory({ mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'), cgroup: readFileSync('/proc/self/cgroup', 'utf8') })
  return directory === undefined ? undefined : await open(join(directory, 'cgroup.procs'), 'r+').catch(() => undefined)
}
