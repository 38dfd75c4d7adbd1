import { listDirectory, type FileEntry } from '../../core/files/list.ts'
import { isEngineError } from '#shared/errors.ts'
import type { FilesContext } from './context.ts'
import { withContainer } from './open-container.ts'
import { absolute, noSuchFile } from './path-stat.ts'

/** What is in a directory of a container. @throws not-found; invalid-argument when it is none */
export const listFiles = (ctx: FilesContext, reference: string, path: string): Promise<FileEntry[]> =>
  withContainer(ctx, reference, async (root, container) => {
    try {
      return await listDirectory(root, absolute(path || '/'))
    } catch (error) {
      throw isEngineError(error, 'not-found') ? noSuchFile(path, container) : error
    }
  })
