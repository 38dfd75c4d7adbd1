import { EngineError } from '#shared/errors.ts'
import { empty, type Exchange, type Reply } from '../router.ts'
import { sendContent } from '../streams/send-content.ts'
import type { FilesApiNeeds } from './needs.ts'

const idOf = ({ params }: Exchange) => params['id'] ?? ''

function pathIn({ query }: Exchange, key: 'path' | 'to'): string {
  const path = query.text(key)
  if (!path) throw new EngineError('invalid-argument', `bad parameter: '${key}' cannot be empty`, { field: key })
  return path
}

/** `GET /slipway/containers/:id/files/content?path=/file`. */
export async function read(needs: FilesApiNeeds, exchange: Exchange): Promise<undefined> {
  const { response } = exchange
  await needs.readFile(idOf(exchange), pathIn(exchange, 'path'), async ({ entry, content }) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': String(entry.size) })
    await sendContent(response, content)
  })
}

/** `PUT …/files/content?path=/file` with its bytes. */
export async function write(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.writeFile(idOf(exchange), pathIn(exchange, 'path'), exchange.body())
  return empty()
}

/** `POST …/files/folder?path=/folder`. */
export async function makeFolder(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.makeFolder(idOf(exchange), pathIn(exchange, 'path'))
  return empty(201)
}

/** `DELETE …/files?path=/file-or-folder`. */
export async function remove(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.removeFile(idOf(exchange), pathIn(exchange, 'path'))
  return empty()
}

/** `POST …/files/rename?path=/old&to=/new`. */
export async function rename(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.renameFile(idOf(exchange), pathIn(exchange, 'path'), pathIn(exchange, 'to'))
  return empty()
}
