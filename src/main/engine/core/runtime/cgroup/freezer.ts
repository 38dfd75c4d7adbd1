import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import type { Cgroup } from './locate.ts'

const DEADLINE_MS = 10_000
const FIRST_LOOK_MS = 1
const LAST_LOOK_MS = 32
const LOOKS_PER_TRY = 6

/**
 * Freezes or thaws a container by its cgroup. The runtime would write the same file; this saves starting it.
 * v1: https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html, v2: https://docs.kernel.org/admin-guide/cgroup-v2.html (cgroup.freeze)
 * @throws failed-precondition without a cgroup, deadline-exceeded when a process sits in the kernel and does not freeze (it is thawed again).
 */
export async function setFrozen(cgroup: Cgroup | undefined, frozen: boolean): Promise<void> {
  try {
    await setState(cgroup, frozen)
  } catch (error) {
    if (!isGone(error)) throw error
    if (frozen) throw new EngineError('failed-precondition', 'the container is not running', { reason: 'not-running', cause: error })
  }
}

async function setState(cgroup: Cgroup | undefined, frozen: boolean): Promise<void> {
  const directory = cgroup?.directory('freezer')
  if (cgroup === undefined || directory === undefined) throw noCgroup()
  const write = async (wanted: boolean) =>
    cgroup.version === 2
      ? await writeFile(join(directory, 'cgroup.freeze'), wanted ? '1' : '0')
      : await writeFile(join(directory, 'freezer.state'), wanted ? 'FROZEN' : 'THAWED')
  const start = performance.now()
  for (let look = 1, wait = FIRST_LOOK_MS; ; look++, wait = Math.min(wait * 2, LAST_LOOK_MS)) {
    await write(frozen)
    if ((await isFrozen(cgroup)) === frozen) return
    if (performance.now() - start > DEADLINE_MS) {
      await write(!frozen)
      throw new EngineError('deadline-exceeded', 'the container does not freeze: one of its processes is waiting in the kernel', { reason: 'freeze-timeout' })
    }
    await delay(wait)
    /* v1 may hang in FREEZING when it met a process being made; only letting go and beginning anew helps: runc does the same. */
    if (frozen && look % LOOKS_PER_TRY === 0) {
      await write(false)
      await delay(wait)
    }
  }
}

export async function isFrozen(cgroup: Cgroup | undefined): Promise<boolean> {
  const directory = cgroup?.directory('freezer')
  if (cgroup === undefined || directory === undefined) return false
  const read = (name: string) =>
    readFile(join(directory, name), 'utf8').catch((error: unknown) => {
      if (isGone(error)) return ''
      throw error
    })
  return cgroup.version === 1 ? (await read('freezer.state')).trim() === 'FROZEN' : /^frozen 1$/m.test(await read('cgroup.events'))
}

/** The last process has ended, and the kernel has taken the cgroup away in between. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ENODEV'].includes(errnoOf(error) ?? '')

const noCgroup = () =>
  new EngineError('failed-precondition', 'this container has no cgroup, so it cannot be paused', {
    reason: 'no-cgroup',
    hint: 'Cgroups are delegated to users by systemd on cgroup v2; see the host page for what is missing.',
  })
