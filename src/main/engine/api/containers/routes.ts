import type { Exchange, Reply, Route } from '../router.ts'
import * as handlers from './handlers.ts'
import type { ContainersApiNeeds } from './needs.ts'
import { streamStats } from './stats-stream.ts'
import * as streams from './streams.ts'
import { attachWebSocket } from './websocket.ts'

export function containerRoutes(needs: ContainersApiNeeds): Route[] {
  const route = (method: Route['method'], path: string, handler: (needs: ContainersApiNeeds, exchange: Exchange) => Promise<Reply | undefined>): Route => ({ method, path, handle: (exchange) => handler(needs, exchange) })
  return [
    route('GET', '/containers/json', handlers.list),
    route('POST', '/containers/create', handlers.create),
    route('POST', '/containers/prune', handlers.prune),
    route('GET', '/containers/*id/json', handlers.inspect),
    route('GET', '/containers/*id/top', handlers.top),
    route('GET', '/containers/*id/logs', streams.logs),
    route('GET', '/containers/*id/stats', streamStats),
    route('POST', '/containers/*id/start', handlers.start),
    route('POST', '/containers/*id/stop', handlers.stop),
    route('POST', '/containers/*id/restart', handlers.restart),
    route('POST', '/containers/*id/kill', handlers.kill),
    route('POST', '/containers/*id/pause', handlers.pause),
    route('POST', '/containers/*id/unpause', handlers.unpause),
    route('POST', '/containers/*id/rename', handlers.rename),
    route('POST', '/containers/*id/update', handlers.update),
    route('POST', '/containers/*id/resize', handlers.resize),
    route('POST', '/containers/*id/wait', streams.wait),
    route('POST', '/containers/*id/attach', streams.attach),
    route('GET', '/containers/*id/attach/ws', attachWebSocket),
    route('DELETE', '/containers/:id', handlers.remove),
    route('DELETE', '/containers/:id/:alias', handlers.removeLink),
    route('PUT', '/slipway/containers/:id/ports', handlers.changePorts),
  ]
}
