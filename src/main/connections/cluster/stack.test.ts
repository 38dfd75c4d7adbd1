import { expect, test } from 'vitest'
import { Refusal } from '../testing/fake-engine.ts'
import type { ComposeConfig } from '../compose/compose-config.ts'
import { stackOfCompose } from './from-compose.ts'
import { compareStack, deployStack, removeStack } from './stack.ts'
import { startLab } from './testing/start-lab.ts'

const { signal } = new AbortController()
const operation = { signal, progress: () => {} }

const config: ComposeConfig = {
  name: 'shop',
  services: {
    web: {
      image: 'ghcr.io/acme/web:1', build: { context: '.' }, container_name: 'web', depends_on: { db: {} }, environment: { A: '1', TAKEN: null }, command: ['serve'], entrypoint: null, restart: 'unless-stopped', devices: [],
      ports: [{ mode: 'ingress', target: 80, published: '8080', protocol: 'tcp' }, { mode: 'host', target: 53, published: '53', protocol: 'udp' }],
      networks: { front: null, back: { aliases: ['api'] } },
      volumes: [{ type: 'volume', source: 'data', target: '/data' }, { type: 'bind', source: '/srv', target: '/srv', read_only: true }, { type: 'tmpfs', target: '/t' }],
      secrets: [{ source: 'token', target: '/run/secrets/token' }], configs: [{ source: 'site', target: '/etc/site' }],
      healthcheck: { test: ['CMD', 'true'], interval: '1m30s', timeout: '500ms', retries: 4 }, stop_grace_period: '20s', ulimits: { nofile: { soft: 10, hard: 20 }, nproc: 5 }, sysctls: { 'net.x': 1 }, extra_hosts: ['db=10.0.0.1'],
      deploy: { replicas: 3, endpoint_mode: 'dnsrr', labels: { tier: 'front' }, resources: { limits: { cpus: '0.5', memory: '268435456', pids: 40 } }, placement: { constraints: ['node.role==worker'], preferences: [{ spread: 'node.labels.zone' }], max_replicas_per_node: 2 }, update_config: { parallelism: 2, delay: '10s', failure_action: 'rollback', order: 'start-first' }, restart_policy: { condition: 'on-failure', max_attempts: 5 } },
    },
    db: { image: 'postgres:17', networks: { back: null }, restart: 'no', privileged: true, deploy: { mode: 'global' } },
  },
  networks: { front: { name: 'shop_front' }, back: { name: 'shop_back', internal: true }, other: { name: 'corp', external: true } },
  volumes: { data: { name: 'shop_data' } },
  secrets: { token: { name: 'shop_token', environment: 'TOKEN' } },
  configs: { site: { name: 'shop_site', content: 'hello' } },
}

async function start() {
  const lab = await startLab()
  await lab.cluster.init({}, operation)
  lab.swarm.networks.set('corp', { Id: 'corp', Name: 'corp', Driver: 'overlay', Scope: 'swarm' })
  return { ...lab, api: lab.connection.api }
}
const stackOf = async (name = 'prod', change: (config: ComposeConfig) => void = () => {}) => {
  const own = structuredClone(config)
  change(own)
  return (await stackOfCompose(own, name, { TOKEN: 'hush' })).stack
}
const world = ({ swarm }: Awaited<ReturnType<typeof start>>) => ({
  services: [...swarm.services.values()].map(({ Spec }) => Spec),
  networks: [...swarm.networks.values()].map(({ Name }) => Name).sort(),
  files: [...swarm.secrets.values(), ...swarm.configs.values()].map(({ Spec }) => Spec.Name).sort(),
})

test('a compose file as a stack: names are the stack’s, and what a cluster has no place for is said', async () => {
  const { stack, remarks } = await stackOfCompose(config, 'prod', { TOKEN: 'hush' })
  const [web, db] = stack.services
  expect(web).toEqual({
    name: 'prod_web', image: 'ghcr.io/acme/web:1', mode: 'replicated', replicas: 3, command: ['serve'], environment: ['A=1', 'TAKEN'], labels: { tier: 'front', 'com.docker.stack.namespace': 'prod', 'com.docker.stack.image': 'ghcr.io/acme/web:1' }, containerLabels: { 'com.docker.stack.namespace': 'prod' },
    ports: [{ target: 53, published: 53, protocol: 'udp', mode: 'host' }, { target: 80, published: 8080, protocol: 'tcp', mode: 'ingress' }], endpointMode: 'dnsrr', networks: [{ network: 'prod_front', aliases: ['web'] }, { network: 'prod_back', aliases: ['web', 'api'] }],
    mounts: [{ kind: 'volume', source: 'prod_data', target: '/data' }, { kind: 'bind', source: '/srv', target: '/srv', readOnly: true }, { kind: 'tmpfs', target: '/t' }], secrets: [{ name: 'prod_token', file: 'token' }], configs: [{ name: 'prod_site', file: '/etc/site' }],
    constraints: ['node.role==worker'], spread: ['node.labels.zone'], mostPerNode: 2, limits: { cpus: 0.5, memoryBytes: 268_435_456, pids: 40 }, reservations: {}, restart: { condition: 'on-failure', attempts: 5 }, update: { parallelism: 2, delay: 10, onFailure: 'rollback', order: 'start-first' },
    healthCheck: { kind: 'command', test: ['CMD', 'true'], interval: 90, timeout: 0.5, retries: 4 }, stopSeconds: 20, ulimits: ['nofile=10:20', 'nproc=5:5'], sysctls: { 'net.x': '1' }, extraHosts: ['db:10.0.0.1'],
  })
  expect(db).toMatchObject({ name: 'prod_db', mode: 'global', restart: { condition: 'none' } })
  expect(stack.networks).toEqual([{ name: 'prod_front', external: false, internal: false, attachable: false, options: {} }, { name: 'prod_back', external: false, internal: true, attachable: false, options: {} }, { name: 'corp', external: true, internal: false, attachable: false, options: {} }])
  expect(stack.secrets).toEqual([{ name: 'prod_token', value: Buffer.from('hush') }])
  expect(remarks).toEqual([{ service: 'web', key: 'build' }, { service: 'web', key: 'container_name' }, { service: 'web', key: 'depends_on' }, { service: 'db', key: 'privileged' }])
  await expect(stackOf('prod', ({ services }) => void delete services!['web']!.image)).rejects.toMatchObject({ reason: 'no-image' })
})

test('a stack is deployed, seen as the same, changed, pruned and removed whole', async () => {
  const lab = await start()
  const stack = await stackOf()
  expect((await compareStack(lab.api, stack, signal)).map(({ name, change }) => `${name} ${change}`)).toEqual(['prod_web new', 'prod_db new'])
  await deployStack(lab.api, stack, { signal })
  expect(world(lab)).toMatchObject({ networks: ['corp', 'prod_back', 'prod_front'], files: ['prod_site', 'prod_token'] })
  expect(await compareStack(lab.api, stack, signal)).toMatchObject([{ change: 'same' }, { change: 'same' }])
  const next = await stackOf('prod', ({ services }) => {
    services!['web']!.image = 'ghcr.io/acme/web:2'
    delete services!['db']
  })
  expect((await compareStack(lab.api, next, signal)).map(({ name, change }) => `${name} ${change}`)).toEqual(['prod_web changed', 'prod_db left'])
  await deployStack(lab.api, next, { signal, prune: true })
  expect(world(lab).services.map(({ Name, TaskTemplate }) => `${Name} ${TaskTemplate.ContainerSpec?.Image.split('@')[0]}`)).toEqual(['prod_web ghcr.io/acme/web:2'])
  await removeStack(lab.api, 'prod', signal)
  expect(world(lab)).toEqual({ services: [], networks: ['corp'], files: [] })
  await expect(removeStack(lab.api, 'prod', signal)).rejects.toMatchObject({ code: 'not-found' })
})

test('whatever request is refused on the way, the cluster is as it was', async () => {
  const lab = await start()
  await deployStack(lab.api, await stackOf('prod', ({ services }) => void (services!['db']!.image = 'postgres:16')), { signal })
  const before = world(lab)
  const stack = { ...(await stackOf()), services: [...(await stackOf()).services, ...(await stackOf('prod', ({ services }) => void (services!['more'] = { image: 'redis:8', networks: { extra: null } }))).services.slice(2)] }
  stack.networks.push({ name: 'prod_extra', external: false })
  const routes = [...lab.engine.routes]
  for (let refused = 1; ; refused++) {
    let count = 0
    for (const [pattern, handler] of routes) if (!pattern.startsWith('GET')) lab.engine.routes.set(pattern, (request) => (++count === refused ? new Refusal(500, 'broken') : handler(request)))
    const outcome = await deployStack(lab.api, stack, { signal }).then(() => 'done', (error: Error) => error.message)
    if (outcome === 'done') break
    expect(outcome).toBe('broken')
    expect(world(lab)).toEqual(before)
    expect(refused).toBeLessThan(20)
  }
  expect(world(lab).services).toHaveLength(3)
})

test('a network that is others’ and is not there, and a config that says something else, are refused before anything is made', async () => {
  const lab = await start()
  lab.swarm.networks.clear()
  await expect(deployStack(lab.api, await stackOf(), { signal })).rejects.toMatchObject({ reason: 'no-such-network' })
  expect(world(lab)).toEqual({ services: [], networks: [], files: [] })
  lab.swarm.networks.set('corp', { Id: 'corp', Name: 'corp', Driver: 'overlay', Scope: 'swarm' })
  await deployStack(lab.api, await stackOf(), { signal })
  await expect(deployStack(lab.api, await stackOf('prod', ({ configs }) => void (configs!['site']!.content = 'bye')), { signal })).rejects.toMatchObject({ reason: 'config-differs' })
})
