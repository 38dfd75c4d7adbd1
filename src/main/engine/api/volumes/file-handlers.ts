import { EngineError } from '#shared/errors.ts'
import { empty, json, type Exchange, type Reply } from '../router.ts'
import { sendContent } from '../streams/send-content.ts'
import type { VolumesApiNeeds } from './needs.ts'

const nameOf = ({ params }: Exchange) => params['name'] ?? ''
const folderOf = ({ query }: Exchange) => query.text('path') || '/'

function pathOf({ query }: Exchange): string {
  const path = query.text('path')
  if (!path) throw new EngineError('invalid-argument', "bad parameter: 'path' cannot be empty", { field: 'path' })
  return path
}

/** `GET /slipway/volumes/:name/files?path=/folder`: `{entries: FileEntry[]}`. */
export const list = async (needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> => json({ entries: await needs.listFiles(nameOf(exchange), folderOf(exchange)) })

/** `GET …/files/content?path=/file`: its bytes. */
export async function read(needs: VolumesApiNeeds, exchange: Exchange): Promise<undefined> {
  await needs.readFile(nameOf(exchange), pathOf(exchange), ({ entry, content }) => send(exchange, { 'Content-Type': 'application/octet-stream', 'Content-Length': String(entry.size) }, content))
}

/** `PUT …/files/content?path=/file` with its bytes. */
export async function write(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.writeFile(nameOf(exchange), pathOf(exchange), exchange.body())
  return empty()
}

/** `POST …/files/folder?path=/folder`. */
export async function makeFolder(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.makeFolder(nameOf(exchange), pathOf(exchange))
  return empty(201)
}

/** `DELETE …/files?path=/file-or-folder`. */
export async function remove(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.removeFile(nameOf(exchange), pathOf(exchange))
  return empty()
}

/** `POST …/files/rename?path=/old&to=/new`. */
export async function rename(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.renameFile(nameOf(exchange), pathOf(exchange), exchange.query.text('to') ?? '')
  return empty()
}

/** `GET …/archive?path=/`: a tar archive; with `self=1` the folder itself is in it, as `.`. */
export async function readArchive(needs: VolumesApiNeeds, exchange: Exchange): Promise<undefined> {
  await needs.readArchive(nameOf(exchange), folderOf(exchange), exchange.query.flag('self'), ({ content }) => send(exchange, { 'Content-Type': 'application/x-tar' }, content))
}

/** `PUT …/archive?path=/folder` with a tar archive, compressed or not; with `self=1` its entry `.` sets owner, mode and time of the folder. */
export async function writeArchive(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.writeArchive(nameOf(exchange), folderOf(exchange), exchange.body(), { itself: exchange.query.flag('self'), signal: exchange.signal })
  return empty()
}

async function send({ response }: Exchange, headers: Record<string, string>, content: AsyncIterable<Uint8Array>): Promise<void> {
  response.writeHead(200, headers)
  await sendContent(response, content)
}
