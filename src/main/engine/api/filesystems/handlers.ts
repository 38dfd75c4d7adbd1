import { pipeline } from 'node:stream/promises'
import { EngineError } from '#shared/errors.ts'
import type { ContainerDefaults } from '#shared/oci/image-config.ts'
import type { Change } from '../../core/layers/layers.ts'
import { json, type Exchange, type Reply } from '../router.ts'
import type { FilesystemsApiNeeds } from './needs.ts'

const KINDS: Record<Change['kind'], number> = { modified: 0, added: 1, deleted: 2 }

export async function changes(needs: FilesystemsApiNeeds, { params }: Exchange): Promise<Reply> {
  const found = await needs.changes(params.id!)
  return json(found.length === 0 ? null : found.map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] })))
}

export async function exportTree(needs: FilesystemsApiNeeds, { params, response, signal }: Exchange): Promise<undefined> {
  const stream = await needs.export(params.id!)
  response.writeHead(200, { 'Content-Type': 'application/octet-stream' })
  await pipeline(stream, response, { signal })
  return undefined
}

export async function commit(needs: FilesystemsApiNeeds, exchange: Exchange): Promise<Reply> {
  const { query } = exchange
  const container = query.text('container')
  if (!container) throw new EngineError('invalid-argument', 'the parameter container is required')
  const config = await exchange.json<ContainerDefaults>()
  const [repository, tag] = [query.text('repo'), query.text('tag')]
  const id = await needs.commit({
    container,
    ...(repository ? { name: tag ? `${repository}:${tag}` : repository } : {}),
    comment: query.text('comment'),
    author: query.text('author'),
    pause: query.flag('pause', true),
    changes: query.all('changes'),
    config,
  })
  return json({ Id: id }, 201)
}
