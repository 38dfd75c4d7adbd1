import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '#shared/errors.ts'
import type { Syscalls } from '../host/host.ts'
import { isFrozen, setFrozen } from './cgroup/freezer.ts'
import type { Cgroup } from './cgroup/locate.ts'
import { pidsOfNamespace } from './cgroup/pids.ts'
import { lookAt, type ProcessStat } from './process-life.ts'

/** What a pause acts on. */
export interface Suspendable {
  syscalls: Pick<Syscalls, 'signalProcess'>
  cgroup: Cgroup | undefined
  /** First process of the container. */
  pid: number | undefined
}

const [SIGCONT, SIGSTOP] = [18, 19]
const DEADLINE_MS = 10_000

/**
 * Suspends every process of a container, or lets them go on: by its cgroup where it has one, and otherwise (an ordinary user to whom none is delegated) by stopping each process of its pid namespace.
 * The second is no freezer: processes can see that they were stopped, and one that the container itself had stopped goes on as well; see docs/decisions/0406-pause-without-a-cgroup.md.
 * @throws failed-precondition when the container has neither, deadline-exceeded when its processes are made faster than they can be stopped.
 */
export async function setSuspended(container: Suspendable, suspended: boolean): Promise<void> {
  if (hasFreezer(container)) return await setFrozen(container.cgroup, suspended)
  await signalAll(container, suspended)
}

export async function isSuspended(container: Suspendable): Promise<boolean> {
  if (hasFreezer(container)) return await isFrozen(container.cgroup)
  return container.pid !== undefined && (await lookAt(container.pid))?.state === 'T'
}

const hasFreezer = ({ cgroup }: Suspendable) => cgroup?.directory('freezer') !== undefined

/** A stopped process makes no others: when a look at all of them finds none that still runs, that is all. */
async function signalAll({ syscalls, pid }: Suspendable, stop: boolean): Promise<void> {
  for (const start = performance.now(); ; await delay(1)) {
    const members = await membersOf(pid)
    const others = members.filter(({ state }) => (stop ? !/[TtZX]/.test(state) : state === 'T'))
    if (others.length === 0) return
    for (const member of others) syscalls.signalProcess(member.pid, member.startTime, stop ? SIGSTOP : SIGCONT)
    if (performance.now() - start > DEADLINE_MS) throw new EngineError('deadline-exceeded', 'the container does not stop: one of its processes is waiting in the kernel, or it keeps making new ones', { reason: 'freeze-timeout' })
  }
}

async function membersOf(pid: number | undefined): Promise<ProcessStat[]> {
  const pids = pid === undefined ? undefined : await pidsOfNamespace(pid)
  if (pids === undefined) {
    throw new EngineError('failed-precondition', 'this container has neither a cgroup nor a pid namespace of its own, so it cannot be paused', {
      reason: 'no-cgroup',
      hint: 'Cgroups are delegated to users by systemd on cgroup v2; see the host page for what is missing.',
    })
  }
  return (await Promise.all(pids.map(lookAt))).filter((member) => member !== undefined)
}
