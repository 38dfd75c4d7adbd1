import { closeSync, constants, openSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { isEngineError } from '#shared/errors.ts'
import { getVolume, type VolumesContext } from './context.ts'

const HOLDER = 'copy-up'

/**
 * Gives an empty volume, or an empty folder `subpath` of one, what an image has at the place where it will be mounted, with owners, modes, links and attributes. The place
 * is resolved as if the rootfs were `/`; nothing in it is executed, and links are copied as links. A volume that has anything is left as it is.
 */
export async function copyUp(ctx: VolumesContext, name: string, from: { rootfs: string; path: string; subpath?: string }): Promise<void> {
  using source = openSource(ctx.host, from)
  // Nothing to copy: a volume whose device is not there yet may be there by the time of the start.
  if (!source) return
  await ctx.locks.run(name, async () => {
    const target = await acquire(ctx, name, from.subpath)
    if (target === undefined) return
    try {
      if (await isEmptyFolder(target)) await ctx.host.run('cp', ['--archive', '--', `${source.path}/.`, target], { deadline: 30 * 60_000 })
    } finally {
      await ctx.storage.release(name, HOLDER, ctx.needs.containersUsing(name).some(({ running }) => running))
    }
  })
}

/** A place that the volume does not have (yet), or that leads out of it, is told at the start. */
async function acquire(ctx: VolumesContext, name: string, subpath: string | undefined): Promise<string | undefined> {
  try {
    return await ctx.storage.acquire(getVolume(ctx, name), HOLDER, subpath)
  } catch (error) {
    if (subpath !== undefined && isEngineError(error) && ['no-such-path', 'escapes'].includes(error.reason ?? '')) return undefined
    throw error
  }
}

/** A place in a volume may be a file. */
const isEmptyFolder = async (path: string): Promise<boolean> => (await stat(path)).isDirectory() && (await readdir(path)).length === 0

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
