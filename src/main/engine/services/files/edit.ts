import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import { readContent, writeContent } from '../../core/files/content.ts'
import type { Root } from '../../core/files/files.ts'
import { isKernelsOwn } from '../../core/files/kernels-own.ts'
import { describeFile, type FileEntry } from '../../core/files/list.ts'
import { locate, locateTarget, openDirectory, pathOf, splitPath } from '../../core/files/locate.ts'
import { makeDirectory } from '../../core/files/make.ts'
import { removeTree } from '../../core/files/remove.ts'
import { renameEntry } from '../../core/files/rename.ts'
import { fromText, toText } from '../../core/layers/byte-path.ts'
import { publishContainerEvent, type FilesContext } from './context.ts'
import type { ContainerFacts } from './needs.ts'
import { withContainer } from './open-container.ts'
import { absolute, noSuchFile } from './path-stat.ts'
import { readOnlyError, refuseReadOnly } from './write-archive.ts'

/** What the app's file browser does in a container, running or not; Docker's own clients have only archives. */
export interface ContainerFile {
  entry: FileEntry
  content: AsyncIterable<Uint8Array>
}

export const readContainerFile = (ctx: FilesContext, reference: string, path: string, deliver: (file: ContainerFile) => Promise<void>): Promise<void> =>
  withContainer(ctx, reference, async (root, container) => {
    using place = findTarget(root, path, container)
    const descriptor = openSync(place.access, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile()) throw new EngineError('invalid-argument', `${path}: not a file`, { reason: 'not-a-file', field: 'path' })
      await deliver({ entry: describeFile(toText(place.name), stat), content: readContent(descriptor, stat.size) })
    } finally {
      closeSync(descriptor)
    }
  })

/** In one step: whoever reads the file meanwhile sees the old or the new. */
export const writeContainerFile = (ctx: FilesContext, reference: string, path: string, content: Readable): Promise<void> => change(ctx, reference, path, (root) => writeContent(root, absolute(path), content))

export const makeContainerFolder = (ctx: FilesContext, reference: string, path: string): Promise<void> => change(ctx, reference, path, async (root) => makeDirectory(root, absolute(path)))

export const removeContainerFile = (ctx: FilesContext, reference: string, path: string): Promise<void> =>
  change(ctx, reference, path, async (root) => {
    using place = locate(root, absolute(path))
    if (place.name === '.') throw new EngineError('invalid-argument', 'the root of a container cannot be removed', { reason: 'whole-container', field: 'path' })
    removeTree(place.access)
  })

export const renameContainerFile = (ctx: FilesContext, reference: string, from: string, to: string): Promise<void> =>
  change(ctx, reference, from, async (root, container) => {
    refuseReadOnly(container, folderOf(root, to, container))
    renameEntry(root, absolute(from), absolute(to))
  })

/** Looks up the folder first: a read-only place is refused before anything is made in it. */
const change = (ctx: FilesContext, reference: string, path: string, work: (root: Root, container: ContainerFacts) => Promise<void>): Promise<void> =>
  withContainer(ctx, reference, async (root, container) => {
    const place = folderOf(root, path, container)
    refuseReadOnly(container, place)
    try {
      await work(root, container)
    } catch (error) {
      if (isEngineError(error, 'not-found')) throw noSuchFile(path, container)
      const translated = fromSystemError(error, `cannot change ${path}`)
      throw isEngineError(translated) && translated.reason?.toUpperCase() === 'EROFS' ? readOnlyError(container, place) : translated
    }
    publishContainerEvent(ctx, container, 'extract-to-dir')
  })

function findTarget(root: Root, path: string, container: ContainerFacts) {
  try {
    const place = locateTarget(root, absolute(path))
    if (!isKernelsOwn(place.parent)) return place
    place[Symbol.dispose]()
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error
  }
  throw noSuchFile(path, container)
}

/** The real path of the folder something is in. What the kernel makes up (/proc, /sys) is nobody's to change. */
function folderOf(root: Root, path: string, container: ContainerFacts): string {
  const { directory } = splitPath(posix.normalize(absolute(path)).replace(/(.)\/$/, '$1'))
  try {
    const descriptor = openDirectory(root, fromText(directory))
    try {
      if (!isKernelsOwn(descriptor)) return pathOf(root, descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error
  }
  throw noSuchFile(directory, container)
}
