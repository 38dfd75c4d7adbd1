import { json, type Route } from '../router.ts'
import type { SharingApiNeeds } from './needs.ts'
import { changeOf, stateJson, type SharingBody } from './wire.ts'

/** Whether the engine is a registry for others: read, and switched while it runs. */
export const sharingRoutes = (sharing: SharingApiNeeds): Route[] => [
  { method: 'GET', path: '/slipway/registry', handle: () => json(stateJson(sharing.state())) },
  { method: 'PUT', path: '/slipway/registry', handle: async (exchange) => json(stateJson(await sharing.change(changeOf(await exchange.json<SharingBody>())))) },
]
