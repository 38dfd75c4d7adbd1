import type { HostFacts } from '../../core/host/host.ts'
import { json, type Route } from '../router.ts'

const PING_HEADERS = { 'Builder-Version': '1', Swarm: 'inactive', 'Cache-Control': 'no-cache, no-store, must-revalidate', Pragma: 'no-cache' }

export function systemRoutes(system: { version: string; facts: HostFacts }): Route[] {
  return [
    { method: 'GET', path: '/_ping', handle: () => ({ status: 200, body: 'OK', headers: PING_HEADERS }) },
    { method: 'HEAD', path: '/_ping', handle: () => ({ status: 200, headers: PING_HEADERS }) },
    { method: 'GET', path: '/slipway/host', handle: () => json(system.facts) },
  ]
}
