import { readFileSync } from 'node:fs'

/** Who started the engine, as the machine outside our user namespace knows them. */
export interface CallingUser {
  uid: number
  gid: number
  /** From /etc/passwd; the uid as text when it is not there (directory services). */
  name: string
}

export function callingUser(): CallingUser {
  const uid = outsideId('/proc/self/uid_map', process.geteuid!())
  return { uid, gid: outsideId('/proc/self/gid_map', process.getegid!()), name: nameOf(uid) }
}

/** True inside a user namespace, where uid 0 is not the machine's root. */
export function inUserNamespace(): boolean {
  return readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).join(' ') !== '0 0 4294967295'
}

/** Lines are `inside outside count`: https://man7.org/linux/man-pages/man7/user_namespaces.7.html */
function outsideId(map: string, inside: number): number {
  for (const line of readFileSync(map, 'utf8').trim().split('\n')) {
    const [first = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number)
    if (inside >= first && inside < first + count) return outside + inside - first
  }
  return inside
}

function nameOf(uid: number): string {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , id] = line.split(':')
    if (name && Number(id) === uid) return name
  }
  return String(uid)
}
