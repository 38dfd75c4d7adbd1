import type { Exchange, Reply, Route } from '../router.ts'
import * as files from './file-handlers.ts'
import * as handlers from './handlers.ts'
import type { VolumesApiNeeds } from './needs.ts'

export { volumeJson } from './wire.ts'

/** Docker's endpoints, and under /slipway those for the files of a volume, which Docker has not. */
export function volumeRoutes(needs: VolumesApiNeeds): Route[] {
  const route = (method: Route['method'], path: string, handler: (needs: VolumesApiNeeds, exchange: Exchange) => Promise<Reply | undefined> | Reply): Route => ({ method, path, handle: (exchange) => handler(needs, exchange) })
  return [
    route('GET', '/volumes', handlers.list),
    route('POST', '/volumes/create', handlers.create),
    route('POST', '/volumes/prune', handlers.prune),
    route('GET', '/volumes/:name', handlers.inspect),
    route('DELETE', '/volumes/:name', handlers.remove),
    route('GET', '/slipway/volumes/:name/files', files.list),
    route('DELETE', '/slipway/volumes/:name/files', files.remove),
    route('GET', '/slipway/volumes/:name/files/content', files.read),
    route('PUT', '/slipway/volumes/:name/files/content', files.write),
    route('POST', '/slipway/volumes/:name/files/folder', files.makeFolder),
    route('POST', '/slipway/volumes/:name/files/rename', files.rename),
    route('GET', '/slipway/volumes/:name/archive', files.readArchive),
    route('PUT', '/slipway/volumes/:name/archive', files.writeArchive),
  ]
}
