import { readFileSync, realpathSync } from 'node:fs'

/** One line of /proc/self/mountinfo: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
export interface HostMount {
  mountPoint: string
  propagation: 'private' | 'shared' | 'slave'
  /** Flags that a user namespace may not take away again when it binds what is below: https://man7.org/linux/man-pages/man7/mount_namespaces.7.html */
  lockedFlags: string[]
}

const LOCKABLE = new Set(['ro', 'nodev', 'noexec', 'nosuid', 'noatime', 'relatime', 'nodiratime'])

export function mountTable(text: string = readFileSync('/proc/self/mountinfo', 'utf8')): HostMount[] {
  return text.split('\n').flatMap((line) => {
    const [front] = line.split(' - ', 1)
    const [, , , , mountPoint, options, ...tags] = front?.split(' ') ?? []
    if (mountPoint === undefined || options === undefined) return []
    const propagation = tags.some((tag) => tag.startsWith('shared:')) ? 'shared' : tags.some((tag) => tag.startsWith('master:')) ? 'slave' : 'private'
    return [{ mountPoint: unescape(mountPoint), propagation, lockedFlags: options.split(',').filter((option) => LOCKABLE.has(option)) }]
  })
}

/** The mount that holds a path: the last of the longest. */
export function mountOf(path: string, table: readonly HostMount[]): HostMount | undefined {
  const real = realpathSync(path)
  const above = table.filter(({ mountPoint }) => mountPoint === '/' || real === mountPoint || real.startsWith(`${mountPoint}/`))
  return above.reduce<HostMount | undefined>((best, each) => (best === undefined || each.mountPoint.length >= best.mountPoint.length ? each : best), undefined)
}

/** Whether what is mounted there can be told to others, and so to a container. */
export const tellsOfMounts = (path: string): boolean => mountOf(path, mountTable())?.propagation !== 'private'

/** Space, tab, newline and backslash are written as octal. */
const unescape = (text: string) => text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
