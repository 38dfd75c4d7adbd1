import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import { decompressed } from '../layers/decompress.ts'
import { TarReader } from '../layers/tar-reader.ts'
import { breathe } from './breathe.ts'
import type { Root } from './files.ts'
import { pump } from './pump.ts'
import { TreeWriter, type TreeWriterOptions } from './tree-writer.ts'

export type UnpackOptions = TreeWriterOptions & { signal?: AbortSignal }

/**
 * Writes an archive (plain, gzip, zstd, xz or bzip2) into the directory that `path` leads to. Links in the tree are followed as its own
 * processes would follow them, and never out of the root. What was written before an error stays. The chunks of the source are released.
 * @throws not-found, invalid-argument (no directory, malformed or hostile archive), data-loss (truncated), conflict of kinds as invalid-argument
 */
export async function unpack(root: Root, path: string, source: Readable, options: UnpackOptions): Promise<void> {
  const tree = new TreeWriter(root, path, options)
  const reader = new TarReader(tree)
  const pause = breathe()
  try {
    await pump(await decompressed(source), (chunk) => {
      if (options.signal?.aborted) throw new EngineError('cancelled', 'the copy was cancelled', { reason: 'cancelled' })
      if (!reader.ended) reader.write(chunk)
      return tree.drain() ?? pause()
    })
    reader.end()
    await tree.finish()
  } catch (error) {
    await tree.abandon()
    throw fromSystemError(error, 'cannot unpack the archive')
  }
}
