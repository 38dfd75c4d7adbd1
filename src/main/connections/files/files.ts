import { posix } from 'node:path'
import { Readable } from 'node:stream'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { filePiece, type ReadMessage, type ReadRequest } from '#shared/contract/files.ts'
import { isEngineError } from '#shared/errors.ts'
import { each } from '../each.ts'
import type { Operation } from '../operation.ts'
import { fromWire } from '../wire/error.ts'
import { withFiles, type FileAccess, type FilesConnection } from './access.ts'
import { liftFiles } from './lift.ts'
import { putSources } from './put-sources.ts'
import { meter, saveFile } from './save-file.ts'
import { joinTars } from './tar.ts'

export function filesOf(connection: FilesConnection): Implementation<Contract, Operation>['files'] {
  return {
    list: ({ place, path }, { signal }) => withFiles(connection, place, signal, (files) => files.list(path)),
    makeFolder: ({ place, path }, { signal }) => withFiles(connection, place, signal, (files) => files.makeFolder(path)),
    rename: ({ place, path, to }, { signal }) => withFiles(connection, place, signal, (files) => files.rename(path, to)),
    remove: ({ place, paths }, { signal }) => withFiles(connection, place, signal, (files) => each(paths, (path) => files.remove(path))),
    writeText: ({ place, path, text }, { signal }) => withFiles(connection, place, signal, (files) => files.write(path, Buffer.from(text))),
    save: ({ place, paths, target }, operation) =>
      withFiles(connection, place, operation.signal, async (files) => {
        const { content, size } = await contentOf(files, paths)
        const counter = meter(operation, size)
        await saveFile(target, content, [counter], operation)
        return { bytes: counter.bytes }
      }),
    lift: ({ place, paths }, operation) => withFiles(connection, place, operation.signal, async (files) => ({ paths: await liftFiles(files, paths, operation) })),
    put: ({ place, folder, sources }, operation) => withFiles(connection, place, operation.signal, (files) => putSources(files, folder, sources, operation)),
  }
}

/** One file as it is; else everything as one tar archive, each thing by its own name. */
async function contentOf(files: FileAccess, paths: readonly string[]): Promise<{ content: Readable; size?: number }> {
  const [only] = paths
  if (only !== undefined && paths.length === 1) {
    try {
      return await files.read(only)
    } catch (error) {
      if (!isEngineError(error) || error.reason !== 'not-a-file') throw error
      return { content: await files.archive(only) }
    }
  }
  return { content: Readable.from(joinTars(paths.map((path) => partOf(files, path))), { objectMode: false }) }
}

const partOf = (files: FileAccess, path: string) => ({ prefix: posix.basename(path), open: () => files.archive(path) })

/** Pieces for the page, no more than it takes. */
export async function* readFile(connection: FilesConnection, { place, path, as }: ReadRequest, signal: AbortSignal): AsyncGenerator<ReadMessage> {
  const left = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<Readable>()
  const held = withFiles(connection, place, signal, async (files) => {
    opened.resolve(as === 'archive' ? await files.archive(path) : (await files.read(path)).content)
    await left.promise
  })
  held.catch((error: unknown) => opened.reject(error))
  const stream = await opened.promise
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < chunk.length; at += filePiece) yield { kind: 'bytes', bytes: Uint8Array.from(chunk.subarray(at, at + filePiece)) }
    }
  } catch (error) {
    throw fromWire(error)
  } finally {
    stream.destroy()
    left.resolve()
    await held
  }
}
