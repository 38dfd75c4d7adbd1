import { createGzip } from 'node:zlib'
import { EngineError } from '#shared/errors.ts'
import type { ContainerDefaults } from '#shared/oci/image-config.ts'
import { json, type Exchange, type Reply } from '../router.ts'
import { CONFIG } from '../streams/container-fields.ts'
import { shaped, wordList } from '../streams/fields.ts'
import { sendContent } from '../streams/send-content.ts'
import { taggedName } from '../streams/tagged-name.ts'
import type { FilesApiNeeds } from './needs.ts'
import { changeJson, pathStatHeader } from './wire.ts'

const STAT_HEADER = 'X-Docker-Container-Path-Stat'
const TAR = 'application/x-tar'
const CHUNK = 1024 * 1024

const idOf = ({ params }: Exchange) => params['id'] ?? ''

function pathOf({ query }: Exchange): string {
  const path = query.text('path')
  if (!path) throw new EngineError('invalid-argument', "bad parameter: 'path' cannot be empty", { field: 'path' })
  return path
}

export async function stat(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  const found = await needs.statPath(idOf(exchange), pathOf(exchange))
  return { status: 200, headers: { [STAT_HEADER]: pathStatHeader(found) } }
}

export async function read(needs: FilesApiNeeds, exchange: Exchange): Promise<undefined> {
  await needs.readArchive(idOf(exchange), pathOf(exchange), async ({ stat: found, content }) => {
    exchange.response.setHeader(STAT_HEADER, pathStatHeader(found))
    await send(exchange, TAR, content)
  })
}

export async function exportAll(needs: FilesApiNeeds, exchange: Exchange): Promise<undefined> {
  await needs.export(idOf(exchange), (content) => send(exchange, 'application/octet-stream', content))
}

async function send({ request, response }: Exchange, type: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const compress = type === TAR && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  response.writeHead(200, { 'Content-Type': type, ...(compress && { 'Content-Encoding': 'gzip' }) })
  await sendContent(response, content, compress ? createGzip({ level: 1, chunkSize: CHUNK }) : undefined)
}

export async function write(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  const { query, signal } = exchange
  await needs.writeArchive(idOf(exchange), exchange.body(), { path: pathOf(exchange), keepKinds: query.flag('noOverwriteDirNonDir'), toUser: query.flag('copyUIDGID'), signal })
  return { status: 200 }
}

export async function changes(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  const found = await needs.changes(idOf(exchange))
  return json(found.length === 0 ? null : found.map(changeJson))
}

/** `GET /slipway/containers/:id/files?path=/dir`. */
export async function list(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  return json({ entries: await needs.list(idOf(exchange), exchange.query.text('path') || '/') })
}

export async function commit(needs: FilesApiNeeds, exchange: Exchange): Promise<Reply> {
  const { query, signal } = exchange
  const given = shaped(CONFIG, await exchange.json<ContainerDefaults>())
  // Only what is given: an empty body asks for what the container has.
  const config = { ...given, ...(given.Cmd !== undefined && { Cmd: wordList('Cmd', given.Cmd) }), ...(given.Entrypoint !== undefined && { Entrypoint: wordList('Entrypoint', given.Entrypoint) }) }
  const container = query.text('container')
  if (!container) throw new EngineError('invalid-argument', 'invalid name or ID supplied: ""', { field: 'container' })
  const name = taggedName(query)
  const id = await needs.commit({ container, ...(name !== undefined && { name }), author: query.text('author') ?? '', comment: query.text('comment') ?? '', pause: query.flag('pause', true), changes: query.all('changes'), config, signal })
  return json({ Id: id }, 201)
}
