import { platformOf } from '../streams/platform-text.ts'
import { EngineError } from '#shared/errors.ts'
import type { HostPortBinding, ResourceUpdate } from '../../services/containers/config.ts'
import type { ContainerRecord } from '../../services/containers/record.ts'
import { empty, json, type Exchange, type Reply } from '../router.ts'
import { HOST, PORTS } from '../streams/container-fields.ts'
import { shaped } from '../streams/fields.ts'
import { parseCreateBody, type CreateBody } from './create-body.ts'
import type { ContainersApiNeeds } from './needs.ts'
import { inspectJson, summaryJson, type Sizes } from './wire.ts'

type Needs = ContainersApiNeeds
const idOf = ({ params }: Exchange) => params['id'] ?? ''

export async function list(needs: Needs, { query }: Exchange): Promise<Reply> {
  const records = await needs.list({ all: query.flag('all'), limit: query.integer('limit'), filters: query.filters() })
  const now = Date.now()
  const linked = needs.namesByLinks()
  if (!query.flag('size')) return json(records.map((record) => summaryJson(needs, record, undefined, now, linked)))
  return json(await Promise.all(records.map(async (record) => summaryJson(needs, record, await sizesOf(needs, record), now, linked))))
}

async function sizesOf(needs: Needs, record: ContainerRecord): Promise<Sizes> {
  const [SizeRw, image] = await Promise.all([needs.writableSize(record.id), needs.imageSize(record.image.id)])
  return { SizeRw, SizeRootFs: image + SizeRw }
}

export async function create(needs: Needs, exchange: Exchange): Promise<Reply> {
  if (isEmpty(exchange)) throw new EngineError('invalid-argument', 'invalid JSON: got EOF while reading request body')
  const body = await exchange.json<CreateBody>()
  if (Object.keys(body).length === 0) throw new EngineError('invalid-argument', 'config cannot be empty in order to create a container')
  const request = parseCreateBody(body, exchange.query.text('name') || undefined, platformOf(exchange.query.text('platform')))
  if (exchange.apiVersion < 44 && Object.keys(request.endpoints ?? {}).length > 1) throw new EngineError('invalid-argument', `Container cannot be created with multiple network endpoints: ${Object.keys(request.endpoints).sort().join(', ')}`, { hint: 'API versions from 1.44 on can.' })
  // Until then containers lent each other their shared memory unasked.
  if (exchange.apiVersion < 40 && !request.host.IpcMode) request.host = { ...request.host, IpcMode: 'shareable' }
  const { id, warnings } = await needs.create({ ...request, ...(exchange.apiVersion < 44 && { shallowReadonly: true }) })
  if (exchange.apiVersion >= 44 && request.config.MacAddress) warnings.push('The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.')
  return json({ Id: id, Warnings: warnings }, 201)
}

const isEmpty = ({ request: { headers } }: Exchange) => headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0

export async function inspect(needs: Needs, exchange: Exchange): Promise<Reply> {
  const record = needs.get(idOf(exchange))
  return json(inspectJson(needs, record, exchange.query.flag('size') ? await sizesOf(needs, record) : undefined, exchange.apiVersion))
}

export async function start(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.start(idOf(exchange))
  return empty()
}
export async function stop(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.stop(idOf(exchange), stopOptionsOf(exchange))
  return empty()
}
export async function restart(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.restart(idOf(exchange), stopOptionsOf(exchange))
  return empty()
}
const stopOptionsOf = ({ query }: Exchange) => ({ timeout: query.integer('t'), signal: query.text('signal') || undefined })

export async function kill(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.kill(idOf(exchange), exchange.query.text('signal') || undefined)
  return empty()
}
export async function pause(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.pause(idOf(exchange))
  return empty()
}
export async function unpause(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.unpause(idOf(exchange))
  return empty()
}
export async function remove(needs: Needs, exchange: Exchange): Promise<Reply> {
  const { query } = exchange
  if (query.flag('link')) throw new EngineError('conflict', 'Conflict, cannot remove the default link name of the container')
  await needs.remove(idOf(exchange), removeOptionsOf(exchange))
  return empty()
}
const removeOptionsOf = ({ query }: Exchange) => ({ force: query.flag('force'), volumes: query.flag('v') })

/** `DELETE /containers/parent/alias`: with `link=1` the link, otherwise the container at its other end. */
export async function removeLink(needs: Needs, exchange: Exchange): Promise<Reply> {
  const { params, query } = exchange
  const path = `${idOf(exchange)}/${params['alias'] ?? ''}`
  if (query.flag('link')) await needs.removeLink(idOf(exchange), params['alias'] ?? '')
  else await needs.remove(path, removeOptionsOf(exchange))
  return empty()
}
export async function rename(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.rename(idOf(exchange), exchange.query.text('name') ?? '')
  return empty()
}
export async function resize(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.resize(idOf(exchange), sizeOf(exchange))
  return empty(200)
}

/** Rows and columns of a terminal. @throws invalid-argument */
export function sizeOf({ query }: Exchange): { rows: number; columns: number } {
  const [rows, columns] = [query.integer('h'), query.integer('w')]
  const fits = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 65_535
  if (!fits(rows) || !fits(columns)) throw new EngineError('invalid-argument', 'invalid resize height or width')
  return { rows, columns }
}

export async function top(needs: Needs, exchange: Exchange): Promise<Reply> {
  const { titles, processes } = await needs.top(idOf(exchange), exchange.query.text('ps_args') || undefined)
  return json({ Processes: processes, Titles: titles })
}
export async function update(needs: Needs, exchange: Exchange): Promise<Reply> {
  const changes = shaped(HOST, await exchange.json<ResourceUpdate>())
  if (exchange.apiVersion < 40) delete changes.PidsLimit
  const warnings = await needs.update(idOf(exchange), changes)
  return json({ Warnings: warnings.length > 0 ? warnings : null })
}
export async function prune(needs: Needs, { query }: Exchange): Promise<Reply> {
  const { ids, reclaimed } = await needs.prune(query.filters())
  return json({ ContainersDeleted: ids.length > 0 ? ids : null, SpaceReclaimed: reclaimed })
}

/** `PUT /slipway/containers/:id/ports` with `{PortBindings}` as in HostConfig: live, without a restart. */
export async function changePorts(needs: Needs, exchange: Exchange): Promise<Reply> {
  const { PortBindings } = shaped(PORTS, await exchange.json<{ PortBindings?: Record<string, HostPortBinding[] | null> }>())
  if (!PortBindings) throw new EngineError('invalid-argument', 'PortBindings is missing', { field: 'ports' })
  const ports = await needs.changePorts(idOf(exchange), PortBindings)
  return json({ Ports: ports.map((port) => ({ Type: port.protocol, PrivatePort: port.containerPort, IP: port.hostIp, PublicPort: port.hostPort })) })
}
