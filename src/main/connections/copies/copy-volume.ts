import { pipeline } from 'node:stream/promises'
import type { VolumeSummary } from '#shared/contract/volumes.ts'
import { withFiles, type FilesConnection } from '../files/access.ts'
import { meter } from '../files/save-file.ts'
import type { Operation } from '../operation.ts'
import { createVolume, withoutCompose } from '../volume-content.ts'
import type { WireVolume } from '../wire/volume.ts'

/** Streams a volume's archive into a new one of another engine; what fails on the way leaves none behind. */
export async function copyVolume(source: FilesConnection, target: FilesConnection, name: string, as: string, operation: Operation): Promise<VolumeSummary> {
  const { signal } = operation
  const { Labels } = await source.api.json<WireVolume>('GET', `/volumes/${encodeURIComponent(name)}`, { signal })
  await using undo = new AsyncDisposableStack()
  const created = await createVolume(target, { Name: as, Labels: withoutCompose(Labels) }, signal)
  undo.defer(async () => void (await target.api.json('DELETE', `/volumes/${encodeURIComponent(as)}`).catch(() => {})))
  await withFiles(source, { kind: 'volume', name }, signal, (from) =>
    withFiles(target, { kind: 'volume', name: as }, signal, async (to) => {
      const counter = meter(operation)
      const reading = pipeline(await from.archive('/'), counter, { signal })
      reading.catch(() => {})
      await to.unpack('/', counter)
      await reading
    }),
  )
  undo.move()
  return created
}
