import type { Exchange, Reply, Route } from '../router.ts'
import * as edit from './edit-handlers.ts'
import * as handlers from './handlers.ts'
import type { FilesApiNeeds } from './needs.ts'

/** What of a container's files goes over Docker's API, and what our own app asks for besides. */
export function fileRoutes(needs: FilesApiNeeds): Route[] {
  const route = (method: Route['method'], path: string, handler: (needs: FilesApiNeeds, exchange: Exchange) => Promise<Reply | undefined>): Route => ({ method, path, handle: (exchange) => handler(needs, exchange) })
  return [
    route('HEAD', '/containers/*id/archive', handlers.stat),
    route('GET', '/containers/*id/archive', handlers.read),
    route('PUT', '/containers/*id/archive', handlers.write),
    route('GET', '/containers/*id/changes', handlers.changes),
    route('GET', '/containers/*id/export', handlers.exportAll),
    route('POST', '/commit', handlers.commit),
    route('GET', '/slipway/containers/:id/files', handlers.list),
    route('DELETE', '/slipway/containers/:id/files', edit.remove),
    route('GET', '/slipway/containers/:id/files/content', edit.read),
    route('PUT', '/slipway/containers/:id/files/content', edit.write),
    route('POST', '/slipway/containers/:id/files/folder', edit.makeFolder),
    route('POST', '/slipway/containers/:id/files/rename', edit.rename),
  ]
}
