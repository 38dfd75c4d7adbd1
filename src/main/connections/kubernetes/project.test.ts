import { readFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { openConnection } from '../connection.ts'
import { Refusal, startFakeEngine, wireContainer } from '../testing/fake-engine.ts'
import { memoryJournal } from '../journal.ts'
import { createApplies } from './apply/applies.ts'
import { kubernetesOf } from './kubernetes.ts'
import { checkAgainstSchemas } from './testing/schemas.ts'

const operation = { signal: new AbortController().signal, progress: () => {} }
const inspected = (Id: string, service: string, Image: string, more: { Config?: object; Labels?: object; HostConfig?: object; Aliases?: string[] } = {}) => ({
  Id, Name: `/${Id}`, Image: `sha256:${service}`, Config: { Image, Env: [], Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service, ...more.Labels }, ...more.Config },
  HostConfig: { NetworkMode: 'shop_default', RestartPolicy: { Name: 'no' }, ...more.HostConfig }, NetworkSettings: { Networks: { shop_default: { Aliases: [Id, service, ...(more.Aliases ?? [])] } } },
})
const containers: Record<string, object> = {
  'shop-web-1': inspected('shop-web-1', 'web', 'shop-web', { Labels: { 'com.docker.compose.depends_on': 'db:service_started:true,migrate:service_completed_successfully:false' }, HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } }, Aliases: ['front'] }),
  'shop-web-2': inspected('shop-web-2', 'web', 'shop-web'),
  'shop-migrate-1': inspected('shop-migrate-1', 'migrate', 'shop-web'),
  base: inspected('base', 'db', 'postgres:17', { HostConfig: { Mounts: [{ Type: 'volume', Source: 'shop_data', Target: '/data' }] } }),
}
const images: Record<string, object> = {
  'sha256:web': { RepoTags: ['shop-web:latest'], RepoDigests: [], Config: { Env: [] } },
  'sha256:migrate': { RepoTags: ['shop-web:latest'], RepoDigests: [], Config: { Env: [] } },
  'sha256:db': { RepoTags: ['postgres:17'], RepoDigests: ['postgres@sha256:abc'], Config: { Env: [], ExposedPorts: { '5432/tcp': {} } } },
}

async function start() {
  const engine = await startFakeEngine()
  for (const id of Object.keys(containers)) engine.containers.set(id, wireContainer(id))
  engine.routes.set('GET /containers/*/json', ({ params: [id] }) => containers[id!] ?? new Refusal(404, 'no such container'))
  engine.routes.set('GET /images/*/json', ({ params: [id] }) => images[id!] ?? new Refusal(404, 'no such image'))
  const connection = openConnection({ id: 'here', name: 'here', target: { kind: 'socket', socketPath: engine.socketPath } })
  onTestFinished(async () => {
    await connection[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
  })
  await connection.ready(operation.signal)
  return kubernetesOf(connection, createApplies(memoryJournal()))
}

test('the containers of a project: one workload of each service, reached by all its names, and what compose knew', async () => {
  const calls = await start()
  const { text, remarks } = await calls.manifests({ source: { kind: 'containers', containers: Object.keys(containers) } }, operation)
  checkAgainstSchemas(text)
  const all = parseAllDocuments(text).map((one) => one.toJS() as { kind: string; metadata: { name: string }; spec: object })
  expect(all.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['Service web', 'Service front', 'Service web-published', 'Deployment web', 'Job migrate', 'Service db', 'Service base', 'StatefulSet db'])
  expect(all[0]!.spec).toMatchObject({ type: 'ClusterIP', ports: [{ port: 80, targetPort: 80 }] })
  expect(all[2]!.spec).toMatchObject({ type: 'LoadBalancer', ports: [{ port: 8080, targetPort: 'tcp-8080' }] })
  expect(all[3]!.spec).toMatchObject({ replicas: 2 })
  expect(all[5]!.spec).toMatchObject({ ports: [{ port: 5432 }] })
  expect(text).toContain('# Compose starts this once migrate has ended well')
  expect(remarks).toEqual([
    { kind: 'image', service: 'web', what: 'shop-web' },
    { kind: 'depends', service: 'web', what: 'db, migrate' },
    { kind: 'image', service: 'migrate', what: 'shop-web' },
    { kind: 'claim', service: 'db', what: 'shop-data' },
  ])
})

test('one container of a project by itself is written as one; none is refused', async () => {
  const calls = await start()
  const { text } = await calls.manifests({ source: { kind: 'containers', containers: ['base'] } }, operation)
  expect(text).toMatch(/kind: StatefulSet\nmetadata:\n {2}name: base\n/)
  expect(text).not.toContain('part-of')
  await expect(calls.manifests({ source: { kind: 'containers', containers: [] } }, operation)).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(calls.manifests({ source: { kind: 'containers', containers: ['gone'] } }, operation)).rejects.toMatchObject({ code: 'not-found' })
})

test('they are kept in a file that only its owner reads', async () => {
  const calls = await start()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-manifests-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const target = join(folder, 'shop.yaml')
  await calls.save({ text: 'kind: Secret\n', target }, operation)
  expect(await readFile(target, 'utf8')).toBe('kind: Secret\n')
  expect((await stat(target)).mode & 0o777).toBe(0o600)
})
