import type { VolumeSummary } from '#shared/contract/volumes.ts'
import { EngineError } from '#shared/errors.ts'
import { withFiles, type FileAccess, type FilesConnection } from './files/access.ts'
import { meter } from './files/save-file.ts'
import type { Operation } from './operation.ts'
import { readVolume, type WireVolume } from './wire/volume.ts'

const volume = (name: string) => ({ kind: 'volume', name }) as const
const address = (name: string) => `/volumes/${encodeURIComponent(name)}`

/** A new volume. @throws already-exists: the engine would answer with the one that is there. */
export async function createVolume({ api, mirror }: FilesConnection, body: { Name: string; Labels?: Record<string, string> | null }, signal: AbortSignal): Promise<VolumeSummary> {
  if (mirror.items().volumes.some(({ name }) => name === body.Name)) throw new EngineError('already-exists', `There is a volume ${body.Name} already.`, { reason: 'name-in-use', hint: 'Choose another name.', field: 'name' })
  return readVolume(await api.json<WireVolume>('POST', '/volumes/create', { body, signal }))
}

/** Streams one volume's archive into another, new one; what fails on the way leaves none behind. */
export async function cloneVolume(connection: FilesConnection, name: string, to: string, operation: Operation): Promise<VolumeSummary> {
  const { signal } = operation
  const { Labels } = await connection.api.json<WireVolume>('GET', address(name), { signal })
  await using undo = new AsyncDisposableStack()
  const created = await createVolume(connection, { Name: to, Labels: withoutCompose(Labels) }, signal)
  undo.defer(async () => void (await connection.api.json('DELETE', address(to)).catch(() => {})))
  await withFiles(connection, volume(name), signal, (source) =>
    withFiles(connection, volume(to), signal, async (target) => {
      const archive = await source.archive('/')
      const counter = meter(operation)
      archive.on('error', (error) => counter.destroy(error))
      await target.unpack('/', archive.pipe(counter))
    }),
  )
  undo.move()
  return created
}

/** A copy is not part of the project that its original belongs to: compose would take it for its own. */
export const withoutCompose = (labels: Record<string, string> | null | undefined) => Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => !key.startsWith('com.docker.')))

/** File by file where the engine can; on another, an unused volume is made anew with the same settings. */
export async function emptyVolume({ api, mirror, hostFacts }: FilesConnection, name: string, files: FileAccess, signal: AbortSignal): Promise<void> {
  if (hostFacts) {
    const { entries } = await files.list('/')
    for (const entry of entries) await files.remove(`/${entry.name}`)
    return
  }
  const users = mirror.items().containers.filter(({ mounts }) => mounts.some(({ kind, source }) => kind === 'volume' && source === name))
  if (users.length > 0) throw new EngineError('not-implemented', `This engine can only empty a volume that no container has; ${users.map((user) => user.name).join(', ')} ${users.length === 1 ? 'has' : 'have'} this one.`, { reason: 'needs-slipway', hint: 'Remove its files in a terminal of the container.' })
  const { Driver, Options, Labels } = await api.json<WireVolume & { Options?: Record<string, string> | null }>('GET', address(name), { signal })
  await api.json('DELETE', address(name), { signal })
  await api.json('POST', '/volumes/create', { body: { Name: name, Driver, DriverOpts: Options ?? {}, Labels: Labels ?? {} } })
}
