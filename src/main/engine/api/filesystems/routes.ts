import type { Route } from '../router.ts'
import { changes, commit, exportTree } from './handlers.ts'
import type { FilesystemsApiNeeds } from './needs.ts'

export const filesystemsRoutes = (needs: FilesystemsApiNeeds): Route[] => [
  { method: 'GET', path: '/containers/:id/changes', handle: (exchange) => changes(needs, exchange) },
  { method: 'GET', path: '/containers/:id/export', handle: (exchange) => exportTree(needs, exchange) },
  { method: 'POST', path: '/commit', handle: (exchange) => commit(needs, exchange) },
]
