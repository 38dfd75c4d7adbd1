import type { FilePlace, UploadAnswer, UploadMessage } from '#shared/contract/files.ts'
import { EngineError } from '#shared/errors.ts'
import { withFiles, type FilesConnection } from './access.ts'
import { openTar, type OpenTar } from './tar.ts'

interface Uploading {
  signal: AbortSignal
  input: AsyncIterable<UploadMessage>
}

/** Files of the page into a folder, as one archive made on the way; the page hears what was taken and waits when it is too far ahead. */
export async function* receiveUpload(connection: FilesConnection, { place, folder }: { place: FilePlace; folder: string }, { signal, input }: Uploading): AsyncGenerator<UploadAnswer> {
  const tar = openTar()
  const unpacking = withFiles(connection, place, signal, (files) => files.unpack(folder, tar.stream))
  unpacking.catch(tar.fail)
  let entry: { left: number; sink: ReturnType<OpenTar['add']> } | undefined
  let taken = 0
  try {
    for await (const message of input) {
      if (message.kind === 'end') break
      if (message.kind === 'entry') {
        await entry?.sink.end()
        entry = { left: message.size ?? 0, sink: tar.add(headerOf(message)) }
      } else {
        if (!entry || message.bytes.length > entry.left) throw new EngineError('invalid-argument', 'More bytes came than were announced.', { reason: 'bad-request' })
        entry.left -= message.bytes.length
        await entry.sink.write(message.bytes)
        yield { kind: 'taken', bytes: (taken += message.bytes.length) }
      }
    }
    if (signal.aborted) throw new EngineError('cancelled', 'Cancelled.')
    await entry?.sink.end()
    tar.end()
  } catch (error) {
    tar.stream.destroy(error as Error)
    await unpacking.catch(() => {})
    throw error
  }
  await unpacking
  yield { kind: 'done' }
}

/** Relative, and never upwards: the engine would refuse it too, but only after what came before it. */
function headerOf({ path, size, modifiedAt }: Extract<UploadMessage, { kind: 'entry' }>) {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length === 0 || parts.includes('..')) throw new EngineError('invalid-argument', `${path} is not a name for a file.`, { reason: 'bad-request', field: 'path' })
  const mtime = modifiedAt === undefined ? new Date() : new Date(modifiedAt)
  const base = { name: parts.join('/'), mtime, uid: 0, gid: 0 }
  return size === undefined ? { ...base, type: 'directory' as const, mode: 0o755 } : { ...base, type: 'file' as const, mode: 0o644, size }
}
