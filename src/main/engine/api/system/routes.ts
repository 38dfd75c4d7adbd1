import { EngineError } from '#shared/errors.ts'
import { json, type Exchange, type Reply, type Route } from '../router.ts'
import { streamEvents } from './events.ts'
import type { SystemApiNeeds } from './needs.ts'
import { refusedRoutes } from './refused.ts'
import { diskJson, infoJson, listenerJson, versionJson } from './wire.ts'

/** `Builder-Version: 1`: clients up to 22 then build classically, since their BuildKit is one that asks through /build; newer ones choose by whether /grpc can be upgraded. */
const PING_HEADERS = { 'Builder-Version': '1', Swarm: 'inactive', 'Cache-Control': 'no-cache, no-store, must-revalidate', Pragma: 'no-cache' }

export function systemRoutes(needs: SystemApiNeeds): Route[] {
  const { system } = needs
  return [
    { method: 'GET', path: '/_ping', handle: () => ({ status: 200, body: 'OK', headers: PING_HEADERS }) },
    { method: 'HEAD', path: '/_ping', handle: () => ({ status: 200, headers: { ...PING_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' } }) },
    { method: 'GET', path: '/version', handle: () => json(versionJson(system.version, system.facts)) },
    { method: 'GET', path: '/info', handle: ({ apiVersion }) => json(infoJson(system.info(), system.version, system.facts, apiVersion)) },
    { method: 'GET', path: '/events', handle: (exchange) => streamEvents(needs, exchange) },
    { method: 'GET', path: '/system/df', handle: (exchange) => diskUsage(needs, exchange) },
    { method: 'GET', path: '/slipway/host', handle: () => json(system.facts) },
    { method: 'GET', path: '/slipway/host/disk', handle: async () => json(diskJson(await system.disk())) },
    { method: 'GET', path: '/slipway/host/ports', handle: async () => json({ Listeners: (await system.hostPorts()).map(listenerJson) }) },
    ...refusedRoutes(),
  ]
}

const USAGE_TYPES = new Set(['container', 'image', 'volume', 'build-cache'])

async function diskUsage({ usage }: SystemApiNeeds, { query, apiVersion }: Exchange): Promise<Reply> {
  const types = query.all('type')
  const strange = types.find((type) => !USAGE_TYPES.has(type))
  if (strange !== undefined) throw new EngineError('invalid-argument', `unknown object type: ${strange}`, { field: 'type' })
  const wanted = (type: string) => types.length === 0 || types.includes(type)
  const [Images, Containers, Volumes, BuildCache] = await Promise.all([
    wanted('image') ? usage.images(apiVersion) : null,
    wanted('container') ? usage.containers() : null,
    wanted('volume') ? usage.volumes() : null,
    wanted('build-cache') ? usage.buildCache() : null,
  ])
  return json({ LayersSize: Images ? usage.layersSize() : 0, Images, Containers, Volumes, BuildCache, ...(BuildCache && apiVersion < 42 && { BuilderSize: BuildCache.reduce((sum, { Size, Shared }) => sum + (Shared ? 0 : Size), 0) }) })
}
