import { EngineError } from '#shared/errors.ts'
import { empty, json, type Exchange, type Reply } from '../router.ts'
import { shaped } from '../streams/fields.ts'
import type { NetworksApiNeeds } from './needs.ts'
import { CONNECT, decodeCreate, DISCONNECT, networkJson, type ConnectBody, type CreateBody, type DisconnectBody } from './wire.ts'

export function list({ networks }: NetworksApiNeeds, exchange: Exchange): Reply {
  return json(networks.list(exchange.query.filters()).map((network) => networkJson(network, { containers: false })))
}

export function inspect({ networks }: NetworksApiNeeds, exchange: Exchange): Reply {
  const network = networks.get(exchange.params['id']!)
  const scope = exchange.query.text('scope')
  if (scope !== undefined && scope !== '' && scope !== network.scope) throw new EngineError('not-found', `network ${exchange.params['id']} not found`, { reason: 'no-such-network' })
  return json(networkJson(network, { containers: true }))
}

export async function create({ networks }: NetworksApiNeeds, exchange: Exchange): Promise<Reply> {
  const { id, warning } = await networks.create(decodeCreate(await exchange.json<CreateBody>()))
  return json({ Id: id, Warning: warning }, 201)
}

export async function remove({ networks }: NetworksApiNeeds, exchange: Exchange): Promise<Reply> {
  await networks.remove(exchange.params['id']!)
  return empty()
}

export async function prune({ networks }: NetworksApiNeeds, exchange: Exchange): Promise<Reply> {
  const names = await networks.prune(exchange.query.filters())
  return json({ NetworksDeleted: names.length > 0 ? names : null })
}

export async function connect({ networks, containers }: NetworksApiNeeds, exchange: Exchange): Promise<Reply> {
  const { Container, EndpointConfig } = shaped(CONNECT, await exchange.json<ConnectBody>())
  const network = networks.get(exchange.params['id']!)
  await containers.connectNetwork(named(Container), network.id, EndpointConfig ?? {})
  return empty(200)
}

/** `Force` is for endpoints whose container is gone, which here never outlive it. */
export async function disconnect({ networks, containers }: NetworksApiNeeds, exchange: Exchange): Promise<Reply> {
  const { Container } = shaped(DISCONNECT, await exchange.json<DisconnectBody>())
  const network = networks.get(exchange.params['id']!)
  await containers.disconnectNetwork(named(Container), network.id)
  return empty(200)
}

function named(container: string | undefined): string {
  if (!container) throw new EngineError('invalid-argument', `invalid name or ID supplied: ""`, { reason: 'no-container', field: 'Container' })
  return container
}
