import { EngineError } from '#shared/errors.ts'
import { noSwarm } from '#shared/no-swarm.ts'
import type { Route } from '../router.ts'

const SWARM_PATHS = ['/swarm', '/swarm/unlockkey', '/nodes', '/nodes/:id', '/services', '/services/:id', '/services/:id/logs', '/tasks', '/tasks/:id', '/tasks/:id/logs', '/secrets', '/secrets/:id', '/configs', '/configs/:id']
const SWARM_POSTS = ['/swarm/update', '/swarm/unlock', '/nodes/:id/update', '/services/create', '/services/:id/update', '/secrets/create', '/secrets/:id/update', '/configs/create', '/configs/:id/update']
const SWARM_DELETES = ['/nodes/:id', '/services/:id', '/secrets/:id', '/configs/:id']
const SWARM_BEGINNINGS = ['/swarm/init', '/swarm/join']
const PLUGIN_BEGINNINGS = ['/plugins/pull', '/plugins/create']
const PLUGIN_POSTS = ['/plugins/:name/enable', '/plugins/:name/disable', '/plugins/:name/upgrade', '/plugins/:name/push', '/plugins/:name/set']

/** There are none, so whichever is named is not found: `docker inspect x` asks here last, and only that answer lets it say that there is no x. */
const noSuchPlugin = (method: Route['method']) => (path: string): Route => ({ method, path, handle: ({ params }) => { throw new EngineError('not-found', `plugin "${params['name']}" not found`, { reason: 'no-plugins' }) } })

/** What this engine does not do, in the words Docker's clients know. One machine is all there is: a cluster is another engine. */
export function refusedRoutes(): Route[] {
  const refusing = (method: Route['method'], refuse: () => EngineError) => (path: string): Route => ({ method, path, handle: () => { throw refuse() } })
  const never = () => new EngineError('not-implemented', 'this engine has no swarm mode: connect to a Docker engine for one', { reason: 'no-swarm' })
  const noCheckpoints = () => new EngineError('not-implemented', 'This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.', { reason: 'experimental' })
  const noClusterVolumes = () => new EngineError('unavailable', 'volume update only valid for cluster volumes, but swarm is unavailable', { reason: 'no-swarm' })
  const notPart = () => new EngineError('unavailable', 'This node is not part of a swarm', { reason: 'no-swarm' })
  const noPlugins = () => new EngineError('not-implemented', 'this engine has no plugins', { reason: 'no-plugins' })
  return [
    ...SWARM_PATHS.map(refusing('GET', noSwarm)),
    ...SWARM_POSTS.map(refusing('POST', noSwarm)),
    refusing('PUT', noClusterVolumes)('/volumes/:name'),
    ...SWARM_DELETES.map(refusing('DELETE', noSwarm)),
    ...SWARM_BEGINNINGS.map(refusing('POST', never)),
    ...(['GET', 'POST'] as const).map((method) => refusing(method, noCheckpoints)('/containers/:id/checkpoints')),
    refusing('DELETE', noCheckpoints)('/containers/:id/checkpoints/:checkpoint'),
    { method: 'GET', path: '/plugins', handle: () => ({ status: 200, body: [] }) },
    refusing('POST', notPart)('/swarm/leave'),
    ...PLUGIN_BEGINNINGS.map(refusing('POST', noPlugins)),
    ...PLUGIN_POSTS.map(noSuchPlugin('POST')),
    refusing('GET', noPlugins)('/plugins/privileges'),
    noSuchPlugin('GET')('/plugins/:name/json'),
    noSuchPlugin('DELETE')('/plugins/:name'),
  ]
}
