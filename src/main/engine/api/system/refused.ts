import { EngineError } from '#shared/errors.ts'
import type { Route } from '../router.ts'

const NO_SWARM = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
const SWARM_PATHS = ['/swarm', '/swarm/unlockkey', '/nodes', '/nodes/:id', '/services', '/services/:id', '/services/:id/logs', '/tasks', '/tasks/:id', '/tasks/:id/logs', '/secrets', '/secrets/:id', '/configs', '/configs/:id']
const SWARM_POSTS = ['/swarm/leave', '/swarm/update', '/swarm/unlock', '/nodes/:id/update', '/services/create', '/services/:id/update', '/secrets/create', '/secrets/:id/update', '/configs/create', '/configs/:id/update']
const SWARM_PUTS = ['/volumes/:name']
const SWARM_DELETES = ['/nodes/:id', '/services/:id', '/secrets/:id', '/configs/:id']
const SWARM_BEGINNINGS = ['/swarm/init', '/swarm/join']
const PLUGIN_POSTS = ['/plugins/pull', '/plugins/create', '/plugins/:name/enable', '/plugins/:name/disable', '/plugins/:name/upgrade', '/plugins/:name/push', '/plugins/:name/set']

/** What this engine does not do, in the words Docker's clients know. One machine is all there is: a cluster is another engine. */
export function refusedRoutes(): Route[] {
  const refusing = (method: Route['method'], refuse: () => EngineError) => (path: string): Route => ({ method, path, handle: () => { throw refuse() } })
  const noSwarm = () => new EngineError('unavailable', NO_SWARM, { reason: 'no-swarm' })
  const never = () => new EngineError('not-implemented', 'this engine has no swarm mode: connect to a Docker engine for one', { reason: 'no-swarm' })
  const noCheckpoints = () => new EngineError('not-implemented', 'This experimental feature is disabled by default: this engine keeps no checkpoints', { reason: 'experimental' })
  const noPlugins = () => new EngineError('not-implemented', 'this engine has no plugins', { reason: 'no-plugins' })
  return [
    ...SWARM_PATHS.map(refusing('GET', noSwarm)),
    ...SWARM_POSTS.map(refusing('POST', noSwarm)),
    ...SWARM_PUTS.map(refusing('PUT', noSwarm)),
    ...SWARM_DELETES.map(refusing('DELETE', noSwarm)),
    ...SWARM_BEGINNINGS.map(refusing('POST', never)),
    ...(['GET', 'POST'] as const).map((method) => refusing(method, noCheckpoints)('/containers/:id/checkpoints')),
    refusing('DELETE', noCheckpoints)('/containers/:id/checkpoints/:checkpoint'),
    { method: 'GET', path: '/plugins', handle: () => ({ status: 200, body: [] }) },
    ...PLUGIN_POSTS.map(refusing('POST', noPlugins)),
    refusing('GET', noPlugins)('/plugins/privileges'),
    // `docker inspect x` asks here last, and only an answer of "not found" lets it say that there is no x.
    { method: 'GET', path: '/plugins/:name/json', handle: ({ params }) => { throw new EngineError('not-found', `plugin "${params['name']}" not found`, { reason: 'no-plugins' }) } },
    refusing('DELETE', noPlugins)('/plugins/:name'),
  ]
}
