import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import type { BackupCompression, VolumeSummary } from '#shared/contract/volumes.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import { withFiles, type FilesConnection } from './files/access.ts'
import { meter, saveFile } from './files/save-file.ts'
import type { Operation } from './operation.ts'
import { createVolume, emptyVolume } from './volume-content.ts'

const CHUNK = 256 * 1024
const compressors: Record<BackupCompression, () => ReturnType<typeof createGzip> | ReturnType<typeof createZstdCompress>> = {
  gzip: () => createGzip({ level: 6, chunkSize: CHUNK }),
  zstd: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 }, chunkSize: CHUNK }),
}

/** The whole volume as the engine packs it (owners, modes, attributes, links), compressed here, to a file that appears when it is whole. @returns its size */
export const backupVolume = (connection: FilesConnection, { name, target, compression }: { name: string; target: string; compression: BackupCompression }, operation: Operation): Promise<{ bytes: number }> =>
  withFiles(connection, { kind: 'volume', name }, operation.signal, async (files) => {
    await saveFile(target, await files.archive('/'), [meter(operation), compressors[compression]()], operation)
    return { bytes: (await stat(target)).size }
  })

/** Unpacks a backup. The file is opened before the volume is touched; a new volume goes again when its restore fails. */
export async function restoreVolume(connection: FilesConnection, { name, source, create }: { name: string; source: string; create: boolean }, operation: Operation): Promise<VolumeSummary> {
  const { signal } = operation
  const total = await sizeOf(source)
  await using undo = new AsyncDisposableStack()
  if (create) {
    await createVolume(connection, { Name: name }, signal)
    undo.defer(async () => void (await connection.api.json('DELETE', `/volumes/${encodeURIComponent(name)}`).catch(() => {})))
  }
  await withFiles(connection, { kind: 'volume', name }, signal, async (files) => {
    if (!create) await emptyVolume(connection, name, files, signal)
    const counter = meter(operation, total)
    const reading = pipeline(createReadStream(source), counter, { signal })
    reading.catch(() => {})
    await files.unpack('/', counter)
    await reading
  })
  undo.move()
  const volume = connection.mirror.items().volumes.find((each) => each.name === name)
  return volume ?? { name, driver: 'local', mountpoint: '', labels: {}, anonymous: false }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new EngineError('invalid-argument', `${path} is not a file.`, { reason: 'not-a-file', field: 'source' })
    return found.size
  } catch (error) {
    throw isEngineError(error) ? error : fromSystemError(error, 'The backup cannot be read')
  }
}
