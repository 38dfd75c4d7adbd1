import { mkdirSync } from 'node:fs'
import { chown, chmod, lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Syscalls } from '../host/host.ts'
import type { Storage } from './storage.ts'
import { createVolatileMounts } from './volatile-mounts.ts'

/** A lower directory with nothing in it: overlayfs wants one lower with an upper, and two without. */
const EMPTY = '0'

/**
 * Native overlayfs. Without userxattr the options that let an image's own attributes redirect or share data are switched off; with it the
 * kernel does so by itself (https://docs.kernel.org/filesystems/overlayfs.html).
 */
export function overlayStorage(root: string, syscalls: Syscalls, inUserNamespace: boolean): Storage {
  mkdirSync(join(root, EMPTY), { recursive: true, mode: 0o755 })
  const safety = inUserNamespace ? 'userxattr' : 'index=off,redirect_dir=off,metacopy=off'
  const attach = (target: string, data: string, readOnly: boolean) => syscalls.mount({ source: 'overlay', target, type: 'overlay', data: `${data},${safety}`, cwd: root, ...(readOnly && { flags: ['readonly'] }) })
  const volatileMounts = createVolatileMounts(root)
  return {
    driver: 'overlay2',
    form: inUserNamespace ? 'user-overlay' : 'overlay',
    layered: true,
    create: (number, stack, purpose) => createLayered(root, number, stack, purpose),
    mount: async (number, stack, target, { volatile }) => volatileMounts.mount(number, volatile, (further) => attach(target, `lowerdir=${lowers(stack)},upperdir=${number},workdir=${number}.work${further}`, false)),
    mountView: async (stack, target) => attach(target, `lowerdir=${[...stack, EMPTY, ...(stack.length === 0 ? [EMPTY] : [])].join(':')}`, true),
    mayBeTorn: volatileMounts.mayBeTorn,
  }
}

const lowers = (stack: readonly number[]) => (stack.length > 0 ? stack.join(':') : EMPTY)

/** An empty directory whose own attributes, which are those of `/` in the container, are the ones below it. */
export async function createLayered(root: string, number: number, stack: readonly number[], purpose: 'layer' | 'active'): Promise<void> {
  const directory = join(root, String(number))
  await mkdir(directory, { mode: 0o755 })
  if (purpose === 'layer') return chmod(directory, 0o755)
  await mkdir(`${directory}.work`, { mode: 0o700 })
  const below = stack[0] === undefined ? undefined : await lstat(join(root, String(stack[0])))
  await chmod(directory, below ? below.mode & 0o7777 : 0o755)
  if (below && (below.uid !== 0 || below.gid !== 0)) await chown(directory, below.uid, below.gid)
}
