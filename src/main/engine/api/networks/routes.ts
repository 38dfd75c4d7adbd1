import type { Exchange, Reply, Route } from '../router.ts'
import * as handlers from './handlers.ts'
import type { NetworksApiNeeds } from './needs.ts'

export function networkRoutes(needs: NetworksApiNeeds): Route[] {
  const route = (method: Route['method'], path: string, handler: (needs: NetworksApiNeeds, exchange: Exchange) => Promise<Reply> | Reply): Route => ({ method, path, handle: (exchange) => handler(needs, exchange) })
  return [
    route('GET', '/networks', handlers.list),
    route('POST', '/networks/create', handlers.create),
    route('POST', '/networks/prune', handlers.prune),
    route('GET', '/networks/:id', handlers.inspect),
    route('DELETE', '/networks/:id', handlers.remove),
    route('POST', '/networks/:id/connect', handlers.connect),
    route('POST', '/networks/:id/disconnect', handlers.disconnect),
  ]
}
