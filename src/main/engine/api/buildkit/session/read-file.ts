import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import type { FolderListing } from '../../../services/builder/kept-contexts.ts'
import type { Session } from './sessions.ts'
import { receiveFiles, wantedMetadata, type WantedFiles } from './receive-files.ts'

export const DIFF_COPY = '/moby.filesync.v1.FileSync/DiffCopy'

/** Those that are other than `since`. */
export const openFiles = (session: Session, wanted: WantedFiles, since?: FolderListing, onBytes?: (total: number) => void) => receiveFiles(session.client.open(DIFF_COPY, wantedMetadata(wanted)), since, onBytes)

/** Of this part of a folder of this client, from session to session. */
export const folderKey = ({ sharedKey }: Session, { folder, follow }: WantedFiles): string | undefined => sharedKey && JSON.stringify([sharedKey, folder, follow])

/** A few small files of one of the client's folders, by name; what is not there is left out. */
export async function readFiles(session: Session, folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const { content } = await openFiles(session, { folder, follow: names })
  if (!content) return found
  const reader = extract()
  const whole = pipeline(content.archive, reader)
  whole.catch(() => {})
  for await (const entry of reader) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    if (entry.header.type === 'file') found.set(entry.header.name, Buffer.concat(chunks).toString('utf8'))
  }
  await whole
  return found
}
