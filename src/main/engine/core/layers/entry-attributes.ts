import { EngineError, isEngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import type { Syscalls } from '../host/host.ts'
import { toText } from './byte-path.ts'
import { isKeptXattr } from './kept-xattrs.ts'
import type { TarEntry, TarType } from './tar-format.ts'
import { WHITEOUT } from './whiteout-names.ts'

const CERTAIN_TYPES: ReadonlySet<TarType> = new Set(['file', 'link', 'directory', 'symlink'])
/** Unix seconds that every file system can keep. */
const LATEST = 2 ** 31 - 1

/** Whether every file system gives back what this entry gives it. A link has one mode (symlink(7)); an access control list changes that of a file (acl(5)). */
export const isCertain = ({ path, type, mode, mtime, xattrs }: TarEntry): boolean =>
  CERTAIN_TYPES.has(type) && (type !== 'symlink' || mode === 0o777) && !path.includes(WHITEOUT) && mtime >= 0 && mtime <= LATEST && ![...(xattrs?.keys() ?? [])].some((name) => name.startsWith('system.'))

/** `change` gives something the entry's owner. @throws failed-precondition (subordinate-ids) */
export function giveOwner({ path, uid, gid }: TarEntry, change: (uid: number, gid: number) => void): void {
  try {
    change(uid, gid)
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
    throw new EngineError('failed-precondition', `${JSON.stringify(toText(path))} belongs to ${uid}:${gid}, which is outside the ids this user may use`, {
      reason: 'subordinate-ids',
      hint: 'Give the user more subordinate ids in /etc/subuid and /etc/subgid (at least 65536), then start the engine again.',
      cause: error,
    })
  }
}

/** Sets the extended attributes that travel; false where one is not taken: file systems without them, and those that a user namespace may not set, are no reason to refuse an image. */
export function setXattrs(syscalls: Pick<Syscalls, 'setXattr'>, access: string | Buffer, { xattrs }: TarEntry): boolean {
  let all = true
  for (const [name, value] of xattrs ?? []) {
    if (!isKeptXattr(name)) continue
    try {
      syscalls.setXattr(access, name, value)
    } catch (error) {
      if (!isEngineError(error) || !['EOPNOTSUPP', 'ENOTSUP', 'EPERM'].includes(error.reason ?? '')) throw error
      all = false
    }
  }
  return all
}
