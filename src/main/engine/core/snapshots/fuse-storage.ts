import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../host/host.ts'
import { createLayered } from './overlay-storage.ts'
import type { Storage } from './storage.ts'

/** fuse-overlayfs, for kernels that refuse overlayfs in a user namespace. Its process belongs to the mount and outlives the engine. */
export function fuseStorage(root: string, host: Pick<Host, 'run'>, program: string): Storage {
  mkdirSync(join(root, '0'), { recursive: true, mode: 0o755 })
  const place = (number: number | string) => join(root, String(number))
  const lowers = (stack: readonly number[]) => (stack.length > 0 ? stack : [0]).map(place).join(':')
  const attach = async (target: string, options: string) => void (await host.run(program, ['-o', options, target]))
  return {
    driver: 'fuse-overlayfs',
    form: 'user-overlay',
    layered: true,
    create: (number, stack, purpose) => createLayered(root, number, stack, purpose),
    mount: (number, stack, target) => attach(target, `lowerdir=${lowers(stack)},upperdir=${place(number)},workdir=${place(`${number}.work`)}`),
    mountView: (stack, target) => attach(target, `ro,lowerdir=${lowers(stack)}`),
    mayBeTorn: () => false,
  }
}
