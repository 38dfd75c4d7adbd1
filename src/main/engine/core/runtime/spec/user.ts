import { closeSync, constants, openSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import type { Host } from '../../host/host.ts'
import { parseGroups, parseUsers, type GroupLine, type UserLine } from './account-files.ts'
import { readImageFile } from './image-file.ts'

/** Who a process runs as, in the container's own numbers. */
export interface ResolvedUser {
  uid: number
  gid: number
  /** Supplementary groups; Docker's list begins with gid. */
  additionalGids: number[]
  /** From /etc/passwd; `/` when it has no line there. */
  home: string
}

export interface UserRequest {
  /** Host path of the container's root directory. Links in it are followed as if it were `/`, and never out of it. */
  rootfs: string
  /** `name|uid[:name|gid]`; empty is root. */
  user: string
  /** --group-add: names or gids. */
  groups?: readonly string[]
}

const LARGEST_ID = 2 ** 31 - 1

/**
 * Looks a user up in the container's own /etc/passwd and /etc/group, by Docker's rules: digits are always an id, the first matching line
 * counts, a number needs no line. @throws invalid-argument, in Docker's words when there is no such name; also when the files are no files.
 */
export async function resolveUser(request: UserRequest, host: Pick<Host, 'syscalls'>): Promise<ResolvedUser> {
  const rootFd = openSync(request.rootfs, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const passwd = await readImageFile(host.syscalls, rootFd, 'etc/passwd')
    const group = await readImageFile(host.syscalls, rootFd, 'etc/group')
    return resolve(request, parseUsers(passwd), parseGroups(group))
  } finally {
    closeSync(rootFd)
  }
}

function resolve({ user, groups = [] }: UserRequest, users: UserLine[], known: GroupLine[]): ResolvedUser {
  const colon = user.indexOf(':')
  const who = findUser(colon === -1 ? user : user.slice(0, colon), users)
  const groupName = colon === -1 ? '' : user.slice(colon + 1)
  const gid = groupName === '' ? who.gid : findGroup(groupName, known, (name) => `unable to find group ${name}: no matching entries in group file`)
  /* Memberships count only when no group was named. */
  const memberships = groupName === '' && who.name !== undefined ? known.filter(({ members }) => members.includes(who.name!)).map((line) => line.gid) : []
  const added = groups.map((name) => findGroup(name, known, (missing) => `Unable to find group ${missing}: no matching entries in group file`))
  return { uid: who.uid, gid, additionalGids: [...new Set([gid, ...memberships, ...added])], home: who.home }
}

function findUser(text: string, users: UserLine[]): { name?: string; uid: number; gid: number; home: string } {
  const id = text === '' ? 0 : parseId(text)
  const line = users.find((each) => (id === undefined ? each.name === text : each.uid === id))
  if (line !== undefined) return { ...line, home: line.home || '/' }
  if (id === undefined) throw refusal(`unable to find user ${text}: no matching entries in passwd file`, 'unknown-user')
  return { uid: id, gid: 0, home: '/' }
}

function findGroup(text: string, known: GroupLine[], missing: (name: string) => string): number {
  const id = parseId(text)
  if (id !== undefined) return id
  const line = known.find(({ name }) => name === text)
  if (line === undefined) throw refusal(missing(text), 'unknown-group')
  return line.gid
}

/** Undefined when it is a name. */
function parseId(text: string): number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined
  const id = Number(text)
  if (id < 0 || id > LARGEST_ID) throw refusal(`uids and gids must be in range 0-${LARGEST_ID}`, 'invalid-id')
  return id
}

const refusal = (message: string, reason: string) => new EngineError('invalid-argument', message, { reason, field: 'user' })
