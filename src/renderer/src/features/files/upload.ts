import { filePiece, uploadWindow, type FilePlace } from '#shared/contract/files.ts'
import { EngineError } from '#shared/errors.ts'
import type { CallOptions, EngineProxy } from '../../engine/proxy.ts'

/** Relative to the folder it goes to; without a file it is a folder. */
export interface UploadItem {
  path: string
  file?: File
}

/** Sends files of the page into a folder, never further ahead than the engine takes them. */
export async function uploadItems(engine: EngineProxy, place: FilePlace, folder: string, items: readonly UploadItem[], { signal, onProgress }: CallOptions): Promise<void> {
  const total = items.reduce((sum, { file }) => sum + (file?.size ?? 0), 0)
  const done = Promise.withResolvers<void>()
  done.promise.catch(() => {})
  let sent = 0
  let taken = 0
  let room = Promise.withResolvers<void>()
  let failed = false
  const stream = engine.openStream('files.upload', { place, folder }, {
    onMessage(answer) {
      if (answer.kind === 'done') return done.resolve()
      taken = answer.bytes
      onProgress?.({ kind: 'bytes', current: taken, total })
      room.resolve()
    },
    onEnd(error) {
      failed = true
      done.reject(error ?? new EngineError('unavailable', 'The upload ended before its end.'))
      room.resolve()
    },
  })
  const leave = () => {
    failed = true
    stream.close()
    done.reject(new EngineError('cancelled', 'Cancelled.'))
    room.resolve()
  }
  signal?.addEventListener('abort', leave)
  try {
    for (const { path, file } of items) {
      if (failed) break
      stream.send({ kind: 'entry', path, ...(file && { size: file.size, modifiedAt: file.lastModified }) })
      for (let at = 0; file && at < file.size && !failed; at += filePiece) {
        const bytes = new Uint8Array(await file.slice(at, at + filePiece).arrayBuffer())
        while (sent - taken > uploadWindow && !failed) {
          room = Promise.withResolvers()
          await room.promise
        }
        sent += bytes.length
        stream.send({ kind: 'bytes', bytes })
      }
    }
    if (!failed) stream.send({ kind: 'end' })
    await done.promise
  } finally {
    signal?.removeEventListener('abort', leave)
    stream.close()
  }
}

/** Everything in a dropped folder, with the folder itself. */
export async function itemsOf(entry: FileSystemEntry): Promise<UploadItem[]> {
  const path = entry.fullPath.replace(/^\//, '')
  if (entry.isFile) return [{ path, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) }]
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const items: UploadItem[] = [{ path }]
  for (;;) {
    // A reader gives a hundred at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return items
    for (const child of some) items.push(...(await itemsOf(child)))
  }
}

/** What an `<input type=file>` was given; of a folder, with its name. */
export const itemsOfInput = (files: FileList): UploadItem[] => [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }))
