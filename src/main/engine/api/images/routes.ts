import type { Exchange, Reply, Route } from '../router.ts'
import * as handlers from './handlers.ts'
import type { ImagesApiNeeds } from './needs.ts'

export function imageRoutes(needs: ImagesApiNeeds): Route[] {
  const route = (method: Route['method'], path: string, handler: (needs: ImagesApiNeeds, exchange: Exchange) => Promise<Reply | undefined>): Route => ({ method, path, handle: (exchange) => handler(needs, exchange) })
  return [
    route('GET', '/images/json', handlers.list),
    route('POST', '/images/create', handlers.create),
    route('GET', '/images/search', handlers.search),
    route('POST', '/images/prune', handlers.prune),
    route('GET', '/images/get', handlers.save),
    route('POST', '/images/load', handlers.load),
    route('GET', '/images/*name/json', handlers.inspect),
    route('GET', '/images/*name/history', handlers.history),
    route('GET', '/images/*name/get', handlers.save),
    route('POST', '/images/*name/push', handlers.push),
    route('POST', '/images/*name/tag', handlers.tag),
    route('DELETE', '/images/*name', handlers.remove),
    route('GET', '/slipway/images/tags', handlers.tags),
    route('GET', '/slipway/images/*name/layers', handlers.layers),
    route('GET', '/slipway/images/*name/layers/:index/files', handlers.layerFiles),
  ]
}
