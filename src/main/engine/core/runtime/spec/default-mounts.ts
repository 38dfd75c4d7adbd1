import { existsSync } from 'node:fs'
import type { OciMount } from '../runtime.ts'
import type { NamespaceInput } from './container-spec.ts'

/** Bytes of /dev/shm. */
export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024

export interface DefaultMountRequest {
  namespaces: NamespaceInput
  shmSize?: number
  privileged: boolean
  rootless: boolean
}

/** What every container sees besides its image, as Docker mounts it. */
export function defaultMounts({ namespaces, shmSize, privileged, rootless }: DefaultMountRequest): OciMount[] {
  const access = privileged ? [] : ['ro']
  return [
    procfs(namespaces, rootless),
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'] },
    sysfs(namespaces, rootless, access),
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...access, 'nosuid', 'noexec', 'nodev'] },
    ...messageQueues(namespaces, rootless),
    ...sharedMemory(namespaces, shmSize || DEFAULT_SHM_SIZE),
  ]
}

/** proc shows a pid namespace, so the kernel mounts it only for who owns that: with the host's, a user binds what is there. */
function procfs({ pid }: NamespaceInput, rootless: boolean): OciMount {
  const flags = ['nosuid', 'noexec', 'nodev']
  if (rootless && pid === 'host') return { destination: '/proc', type: 'bind', source: '/proc', options: ['rbind', 'rprivate', ...flags] }
  return { destination: '/proc', type: 'proc', source: 'proc', options: flags }
}

/** sysfs shows a network namespace's devices, so the kernel mounts it only for who owns that: with the host's network, a user cannot. */
function sysfs({ network }: NamespaceInput, rootless: boolean, access: string[]): OciMount {
  const flags = ['nosuid', 'noexec', 'nodev', ...access]
  if (rootless && network === 'host') return { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'rprivate', ...flags] }
  return { destination: '/sys', type: 'sysfs', source: 'sysfs', options: flags }
}

/** mqueue shows an ipc namespace's queues: the host's cannot be mounted anew by a user. */
function messageQueues({ ipc }: NamespaceInput, rootless: boolean): OciMount[] {
  const [destination, flags] = ['/dev/mqueue', ['nosuid', 'noexec', 'nodev']]
  if (!rootless || ipc !== 'host') return [{ destination, type: 'mqueue', source: 'mqueue', options: flags }]
  return existsSync(destination) ? [{ destination, type: 'bind', source: destination, options: ['bind', 'rprivate', ...flags] }] : []
}

function sharedMemory({ ipc = 'private' }: NamespaceInput, size: number): OciMount[] {
  if (ipc === 'none') return []
  const bind = (source: string): OciMount[] => [{ destination: '/dev/shm', type: 'bind', source, options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'] }]
  if (ipc === 'host') return bind('/dev/shm')
  if (typeof ipc === 'object') return bind(ipc.shm)
  return [{ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${size}`] }]
}
