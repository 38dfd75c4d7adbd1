import { closeSync, constants, openSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { isEngineError } from '#shared/errors.ts'
import { getVolume, type VolumesContext } from './context.ts'

const HOLDER = 'copy-up'

/**
 * Gives an empty volume what an image has at the place where it will be mounted, with owners, modes, links and attributes. The place
 * is resolved as if the rootfs were `/`; nothing in it is executed, and links are copied as links. A volume that has anything is left as it is.
 */
export async function copyUp(ctx: VolumesContext, name: string, from: { rootfs: string; path: string }): Promise<void> {
  await ctx.locks.run(name, async () => {
    const target = await ctx.storage.acquire(getVolume(ctx, name), HOLDER)
    try {
      await copyContent(ctx, from, target)
    } finally {
      await ctx.storage.release(name, HOLDER, ctx.needs.containersUsing(name).some(({ running }) => running))
    }
  })
}

async function copyContent({ host }: VolumesContext, from: { rootfs: string; path: string }, target: string): Promise<void> {
  if ((await readdir(target)).length > 0) return
  const root = openSync(from.rootfs, constants.O_RDONLY | constants.O_DIRECTORY)
  let source: number | undefined
  try {
    source = openSource(host, root, from.path)
    if (source !== undefined) await host.run('cp', ['--archive', '--', `/proc/${process.pid}/fd/${source}/.`, target], { deadline: 30 * 60_000 })
  } finally {
    closeSync(root)
    if (source !== undefined) closeSync(source)
  }
}

/** Undefined when the image has no folder there. */
function openSource({ syscalls }: VolumesContext['host'], root: number, path: string): number | undefined {
  try {
    return syscalls.openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    if (isEngineError(error) && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.reason ?? '')) return undefined
    throw error
  }
}
