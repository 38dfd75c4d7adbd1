import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from '../host/host.ts'
import type { Storage } from './storage.ts'

/** Whole copies, where nothing can be stacked: every snapshot holds everything (sharing blocks where the file system can). */
export function copyStorage(root: string, host: Pick<Host, 'run' | 'syscalls'>): Storage {
  const place = (number: number) => join(root, String(number))
  const bind = (source: string, target: string) => host.syscalls.mount({ source, target, type: '', flags: ['bind'] })
  return {
    driver: 'vfs',
    form: 'remove',
    layered: false,
    async create(number, stack) {
      await mkdir(place(number), { mode: 0o755 })
      if (stack[0] !== undefined) await copyTree(host, place(stack[0]), place(number))
    },
    mount: async (number, _stack, target) => bind(place(number), target),
    async mountView(stack, target) {
      bind(place(stack[0]!), target)
      host.syscalls.mount({ source: 'none', target, type: '', flags: ['remount', 'bind', 'readonly'] })
    },
    mayBeTorn: () => false,
  }
}

/** Everything in `from`, with owners, links, devices and attributes, into the directory `to`. */
export async function copyTree(host: Pick<Host, 'run'>, from: string, to: string): Promise<void> {
  await host.run('cp', ['--archive', '--reflink=auto', '--no-target-directory', from, to], { deadline: 30 * 60_000 })
}
