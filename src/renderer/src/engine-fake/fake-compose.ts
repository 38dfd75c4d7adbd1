import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { ComposeCheck, ComposeFile, ComposeRun } from '#shared/contract/compose.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls } from './fake-calls.ts'

const FILE = '/home/ada/projects/shop/compose.yaml'
const text = `name: shop
services:
  storefront:
    image: ghcr.io/acme/storefront:2025.11.3
    ports: ["3000:3000"]
    depends_on:
      database:
        condition: service_healthy
      cache:
        condition: service_started
    networks: [front, back]
  admin:
    build: ./admin
    ports: ["127.0.0.1:3001:3000"]
    depends_on: [database]
    networks: [front, back]
  worker:
    image: ghcr.io/acme/storefront:2025.11.3
    command: worker
    depends_on: [database, cache]
    networks: [back]
    volumes:
      - uploads:/srv/uploads
  database:
    image: postgres:17-alpine
    networks: [back]
    volumes:
      - database:/var/lib/postgresql/data
  cache:
    image: redis:7.4
    restart: alway
    networks: [back]
    volumes:
      - cache:/data
networks:
  front: {}
  back:
    internal: true
volumes:
  database: {}
  cache: {}
  uploads: {}
`
const service = (name: string, line: number, image: string, ports: string[], dependsOn: string[], networks: string[], volumes: string[] = []) => ({ name, line, image, ports, dependsOn, networks, volumes })
const check: ComposeCheck = {
  name: 'shop',
  services: [
    service('storefront', 3, 'ghcr.io/acme/storefront:2025.11.3', ['3000:3000'], ['database', 'cache'], ['front', 'back']),
    { name: 'admin', line: 12, build: './admin', ports: ['127.0.0.1:3001:3000'], dependsOn: ['database'], networks: ['front', 'back'], volumes: [] },
    service('worker', 17, 'ghcr.io/acme/storefront:2025.11.3', [], ['database', 'cache'], ['back'], ['uploads']),
    service('database', 24, 'postgres:17-alpine', [], [], ['back'], ['database']),
    service('cache', 29, 'redis:7.4', [], [], ['back'], ['cache']),
  ],
  problems: [{ line: 31, column: 14, severity: 'error', code: 'oneOf', words: { key: 'restart', allowed: 'no, always, on-failure, unless-stopped' } }],
}

/** What runs of the project: containers of the world under the names that its services have. */
export const asProject = (containers: readonly ContainerSummary[]): ContainerSummary[] => {
  const services: Record<string, string> = { storefront: 'storefront', 'shop-database': 'database', 'shop-cache': 'cache' }
  return containers.map((container) => {
    const name = services[container.name]
    return name === undefined ? container : { ...container, compose: { project: 'shop', service: name }, labels: { ...container.labels, 'com.docker.compose.project.config_files': FILE } }
  })
}

/** `program` decides whether docker compose is there; any file is the shop, but one whose name says that it is gone. */
export const fakeComposeCalls = (program: boolean): FakeCalls => ({
  'compose.program': () => (program ? { available: true, version: '2.29.7' } : { available: false, command: 'sudo apt-get install docker-compose' }),
  'compose.read': ({ path }: { path: string }): ComposeFile => {
    if (path.includes('gone')) throw new EngineError('not-found', `${path} is no compose file, and no folder with one.`, { reason: 'no-compose-file', hint: `A folder's compose file is named compose.yaml.` })
    return { ...check, path, project: 'shop', text }
  },
  'compose.check': () => check,
  'compose.save': () => undefined,
  'compose.differences': () => {
    if (!program) throw new EngineError('failed-precondition', 'The docker compose program is not on this machine.', { reason: 'no-compose' })
    return ['storefront', 'admin', 'worker', 'database', 'cache'].map((name) => ({ service: name, state: name === 'storefront' ? 'changed' : ['admin', 'worker'].includes(name) ? 'missing' : 'same' }))
  },
})

export function fakeComposeRun({ verb }: ComposeRun, listener: StreamListener): StreamPort {
  const lines = [' Network shop_back  Created', ' Container shop-database-1  Started', ' Container shop-cache-1  Started', ` ${verb}: done`]
  const timers = lines.map((line, index) => setTimeout(() => listener.message({ kind: 'output', text: `${line}\n` }, 0), 300 * (index + 1)))
  timers.push(setTimeout(() => (listener.message({ kind: 'exited', code: 0 }, 0), listener.end()), 300 * (lines.length + 1)))
  return { send: () => undefined, ack: () => undefined, close: () => timers.forEach(clearTimeout) }
}
