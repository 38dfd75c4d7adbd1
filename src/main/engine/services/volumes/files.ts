import { randomUUID } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { readContent, writeContent } from '../../core/files/content.ts'
import type { Root } from '../../core/files/files.ts'
import { describeFile, listDirectory, type FileEntry } from '../../core/files/list.ts'
import { locate, locateTarget } from '../../core/files/locate.ts'
import { makeDirectory } from '../../core/files/make.ts'
import { packPlace } from '../../core/files/pack.ts'
import { removeTree } from '../../core/files/remove.ts'
import { renameEntry } from '../../core/files/rename.ts'
import { unpack } from '../../core/files/unpack.ts'
import { toText } from '../../core/layers/byte-path.ts'
import { getVolume, type VolumesContext } from './context.ts'

export interface VolumeFile {
  entry: FileEntry
  content: AsyncIterable<Uint8Array>
}
export interface VolumeArchive {
  entry: FileEntry
  /** A tar archive; of a folder what is in it, by names relative to it. */
  content: AsyncIterable<Uint8Array>
}

/** Holds the volume, mounted if need be, while the work reads or writes its files. */
async function withVolume<Result>(ctx: VolumesContext, name: string, work: (root: Root) => Promise<Result>): Promise<Result> {
  const holder = `files ${randomUUID()}`
  const path = await ctx.locks.run(name, () => ctx.storage.acquire(getVolume(ctx, name), holder))
  await using undo = new AsyncDisposableStack()
  undo.defer(() => ctx.locks.run(name, () => ctx.storage.release(name, holder, ctx.needs.containersUsing(name).some(({ running }) => running))))
  const descriptor = undo.adopt(openSync(path, 0o10000000 /* O_PATH */ | constants.O_DIRECTORY), closeSync)
  return await work({ descriptor, syscalls: ctx.host.syscalls })
}

export const listFiles = (ctx: VolumesContext, name: string, path: string): Promise<FileEntry[]> => withVolume(ctx, name, (root) => listDirectory(root, path || '/'))

export const readFile = (ctx: VolumesContext, name: string, path: string, deliver: (file: VolumeFile) => Promise<void>): Promise<void> =>
  withVolume(ctx, name, async (root) => {
    using place = locateTarget(root, path)
    const descriptor = openSync(place.access, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile()) throw new EngineError('invalid-argument', `${path}: not a file`, { reason: 'not-a-file', field: 'path' })
      await deliver({ entry: describeFile(toText(place.name), stat), content: readContent(descriptor, stat.size) })
    } finally {
      closeSync(descriptor)
    }
  })

export const writeFile = (ctx: VolumesContext, name: string, path: string, content: Readable): Promise<void> => withVolume(ctx, name, (root) => writeContent(root, path, content))

export const makeFolder = (ctx: VolumesContext, name: string, path: string): Promise<void> => withVolume(ctx, name, async (root) => makeDirectory(root, path))

export const removeFile = (ctx: VolumesContext, name: string, path: string): Promise<void> =>
  withVolume(ctx, name, async (root) => {
    using place = locate(root, path)
    if (place.name === '.') throw new EngineError('invalid-argument', 'the volume itself is removed as a volume', { reason: 'whole-volume', field: 'path' })
    removeTree(place.access)
  })

export const renameFile = (ctx: VolumesContext, name: string, from: string, to: string): Promise<void> => withVolume(ctx, name, async (root) => renameEntry(root, from, to))

/** `itself`: with an entry `.` for the folder, so that a restored copy has its owner and mode too. */
export const readArchive = (ctx: VolumesContext, name: string, path: string, itself: boolean, deliver: (archive: VolumeArchive) => Promise<void>): Promise<void> =>
  withVolume(ctx, name, async (root) => {
    using place = locateTarget(root, path || '/')
    const own = place.stat.isDirectory() ? (itself ? { name: '.' } : {}) : { name: toText(place.name) }
    await deliver({ entry: describeFile(toText(place.name), place.stat), content: packPlace(root, place, own) })
  })

export const writeArchive = (ctx: VolumesContext, name: string, path: string, archive: Readable, { itself, signal }: { itself: boolean; signal: AbortSignal }): Promise<void> =>
  withVolume(ctx, name, (root) => unpack(root, path || '/', archive, { inUserNamespace: ctx.host.facts.rootless, itself, signal }))
