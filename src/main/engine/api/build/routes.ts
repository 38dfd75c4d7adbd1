import type { Route } from '../router.ts'
import { createBuildHandlers } from './handlers.ts'
import type { BuildNeeds } from './needs.ts'

export function buildRoutes(builder: BuildNeeds): Route[] {
  const handlers = createBuildHandlers(builder)
  return [
    { method: 'POST', path: '/build', handle: handlers.build },
    { method: 'POST', path: '/slipway/build', handle: handlers.buildFolder },
    { method: 'POST', path: '/build/prune', handle: handlers.prune },
    { method: 'POST', path: '/build/cancel', handle: handlers.cancel },
  ]
}
