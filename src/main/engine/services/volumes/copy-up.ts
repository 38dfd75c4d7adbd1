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
  using source = openSource(ctx.host, from)
  // Nothing to copy: a volume whose device is not there yet may be there by the time of the start.
  if (!source) return
  await ctx.locks.run(name, async () => {
    const target = await ctx.storage.acquire(getVolume(ctx, name), HOLDER)
    try {
      if ((await readdir(target)).length === 0) await ctx.host.run('cp', ['--archive', '--', `${source.path}/.`, target], { deadline: 30 * 60_000 })
    } finally {
      await ctx.storage.release(name, HOLDER, ctx.needs.containersUsing(name).some(({ running }) => running))
    }
  })
}

/** Undefined when the image has no folder there. */
function openSource({ syscalls }: VolumesContext['host'], { rootfs, path }: { rootfs: string; path: string }): ({ path: string } & Disposable) | undefined {
  const root = openSync(rootfs, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const source = syscalls.openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY)
    return { path: `/proc/${process.pid}/fd/${source}`, [Symbol.dispose]: () => closeSync(source) }
  } catch (error) {
    if (isEngineError(error) && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.reason ?? '')) return undefined
    throw error
  } finally {
    closeSync(root)
  }
}
