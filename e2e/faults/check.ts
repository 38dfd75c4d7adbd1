import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestEngine } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { names, observe } from './observe.ts'
import type { Client, ContainerFacts, Told } from './workload.ts'

interface Inspected {
  Id: string
  Name: string
  HostConfig: { PortBindings: Record<string, { HostPort: string }[] | null> | null }
  State: { Status: string; Running: boolean; Pid: number }
  NetworkSettings: { Ports: Record<string, { HostPort: string }[] | null> | null; Networks: Record<string, unknown> }
  Mounts: { Type: string; Name?: string }[]
}

/** Records as the engine tells them. */
interface Records {
  containers: Map<string, Inspected>
  networks: { Name: string; Driver: string }[]
  volumes: string[]
  /** Anonymous ones whose container went without them, by a prune or without `v`. */
  released: ReadonlySet<string>
  /** Names of images. */
  images: Set<string>
}

/** Compares what the engine says with the kernel and with what its clients were told. Every difference is a sentence; none is the aim. */
export async function differences(engine: TestEngine, clients: readonly Client[]): Promise<string[]> {
  const records = await readRecords(engine)
  return [...(await againstKernel(engine, records)), ...againstDisk(engine, records), ...(await Promise.all(clients.map((client) => againstClient(engine, records, client)))).flat(), ...unknown(records, clients)]
}

async function readRecords({ socket, dataRoot }: TestEngine): Promise<Records> {
  const get = async <Body>(path: string) => (await callRaw(socket, 'GET', path)).json<Body>()
  const list = await get<{ Id: string }[]>('/containers/json?all=1')
  const inspected = await Promise.all(list.map(({ Id }) => get<Inspected>(`/containers/${Id}/json`)))
  const { Volumes } = await get<{ Volumes: { Name: string }[] | null }>('/volumes')
  return { containers: new Map(inspected.map((container) => [container.Name.slice(1), container])), networks: await get('/networks'), images: new Set((await get<{ RepoTags: string[] | null }[]>('/images/json')).flatMap(({ RepoTags }) => RepoTags ?? [])), volumes: (Volumes ?? []).map(({ Name }) => Name), released: releasedVolumes(dataRoot) }
}

/** The record says that a volume was let go; one that a cut left behind is still tied to its container. */
function releasedVolumes(dataRoot: string): ReadonlySet<string> {
  return new Set(rowsOf<{ name: string; tied?: boolean }>(dataRoot, 'volumes').filter(({ tied }) => tied === false).map(({ name }) => name))
}

/** The database, read as a file of its own. */
export function rowsOf<Row>(dataRoot: string, collection: string): Row[] {
  using database = new DatabaseSync(join(dataRoot, 'slipway.db'), { readOnly: true })
  return database.prepare('SELECT value FROM record WHERE collection = ?').all(collection).map(({ value }) => JSON.parse(String(value)) as Row)
}

async function againstKernel(engine: TestEngine, { containers, networks }: Records): Promise<string[]> {
  const all = [...containers.values()]
  const running = all.filter(({ State }) => State.Running)
  const ids = running.map(({ Id }) => Id).sort()
  const known = new Set(all.map(({ Id }) => Id))
  const connected = running.filter(({ NetworkSettings }) => !('none' in NetworkSettings.Networks))
  const kernel = await observe(engine)
  const published = connected.flatMap(({ NetworkSettings }) => Object.values(NetworkSettings.Ports ?? {}).flatMap((bindings) => bindings ?? []))
  const dead = running.filter(({ State }) => !isAlive(State.Pid)).map(({ Name }) => Name)
  const sandboxMounts = kernel.mounts.filter((path) => path.startsWith(join(engine.runRoot, 'netns')))
  const rootfsMounts = kernel.mounts.filter((path) => path.endsWith('/bundle/rootfs'))
  const cables = connected.reduce((sum, { NetworkSettings }) => sum + Object.keys(NetworkSettings.Networks).length, 0)
  return [
    ...kernel.execs.filter(({ shim, container }) => !shim || !ids.includes(container)).map(({ id }) => `the shim or the container of exec ${id} is gone; it has left ${contentsOf(join(engine.runRoot, 'exec', id)).join(' ')}`),
    ...differs('shims', kernel.shims, ids),
    ...differs('processes that run only by the records', dead, []),
    ...differs('root file systems', rootfsMounts, ids.map((id) => join(engine.runRoot, 'containers', id, 'bundle/rootfs'))),
    ...differs('mounts of nothing that runs', kernel.mounts.filter((path) => !sandboxMounts.includes(path) && !ids.some((id) => path.startsWith(join(engine.runRoot, 'containers', id)))), []),
    ...differs('network namespaces', kernel.namespaces, ids),
    ...differs('pins of namespaces', sandboxMounts, ids.map((id) => join(engine.runRoot, 'netns', id))),
    ...differs('cables', [kernel.veths], [cables]),
    ...differs('published ports in the firewall', [kernel.ports.length], [published.length]),
    ...differs('bridges', [kernel.bridges.length], [networks.filter(({ Driver }) => Driver === 'bridge').length]),
    ...differs('folders of containers in the run root', kernel.runFolders.filter((path) => !path.startsWith('exec/') && !known.has(basename(path))), []),
    ...differs('folders of containers in the data root', kernel.dataFolders.filter((id) => !known.has(id)), []),
  ]
}

interface SnapshotRow {
  kind: 'committed' | 'active'
  name: string
  number: number
  parent?: string
}

/** Snapshots against their directories and their parents, images against theirs and against their blobs. */
function againstDisk({ dataRoot }: TestEngine, { containers }: Records): string[] {
  const rows = <Row>(collection: string) => rowsOf<Row>(dataRoot, collection)
  const snapshots = rows<SnapshotRow>('snapshots')
  const [committed, active] = [snapshots.filter(({ kind }) => kind === 'committed'), snapshots.filter(({ kind }) => kind === 'active')]
  const chains = new Set(committed.map(({ name }) => name))
  const images = rows<{ id: string; chain?: string; manifest?: { digest: string } }>('images')
  const targets = rows<{ target?: { digest: string } }>('image-names').flatMap(({ target }) => (target ? [target.digest] : []))
  const packed = rows<{ blob?: { digest: string } }>('layers').flatMap(({ blob }) => (blob ? [blob.digest] : []))
  const resumable = rows<{ digests: string[] }>('unfinished-pulls').flatMap(({ digests }) => digests)
  const named = new Set([...images.flatMap(({ id, manifest }) => [id, ...(manifest ? [manifest.digest] : [])]), ...targets, ...packed, ...resumable])
  const blobs = new Set(readdirSync(join(dataRoot, 'content/blobs/sha256')))
  const folders = readdirSync(join(dataRoot, 'snapshots')).filter((name) => name !== '0')
  return [
    ...differs('directories of snapshots', folders, [...committed.map(({ number }) => `${number}`), ...active.flatMap(({ number }) => [`${number}`, `${number}.work`])]),
    ...differs('snapshots of containers', active.map(({ name }) => name), [...containers.values()].map(({ Id }) => Id)),
    ...differs('snapshots without their parent', snapshots.filter(({ parent }) => parent !== undefined && !chains.has(parent)).map(({ name }) => name), []),
    ...differs('images without their layers', images.filter(({ chain }) => chain !== undefined && !chains.has(chain)).map(({ id }) => id), []),
    ...differs('images without their configuration', images.filter(({ id }) => !blobs.has(hex(id))).map(({ id }) => id), []),
    ...differs('packed layers that are gone', packed.filter((digest) => !blobs.has(hex(digest))), []),
    ...differs('blobs that nothing names', [...blobs].filter((name) => !named.has(`sha256:${name}`)), []),
    ...differs('parts that no pull takes up', readdirSync(join(dataRoot, 'content/ingest')).filter((name) => !resumable.includes(`sha256:${name}`)), []),
    ...differs('names of images that are gone', rows<{ name: string; image: string }>('image-names').filter(({ image }) => !images.some(({ id }) => id === image)).map(({ name }) => name), []),
  ]
}

const hex = (digest: string) => digest.slice('sha256:'.length)

/** Every blob has the bytes of its name. */
export async function damagedBlobs({ dataRoot }: TestEngine): Promise<string[]> {
  const folder = join(dataRoot, 'content/blobs/sha256')
  const damaged: string[] = []
  for (const name of await readdir(folder)) if (createHash('sha256').update(await readFile(join(folder, name))).digest('hex') !== name) damaged.push(name)
  return damaged
}

async function againstClient(engine: TestEngine, { containers, networks, volumes, images }: Records, client: Client): Promise<string[]> {
  const found: string[] = [...client.offences]
  const exists = (what: string, told: Told<unknown>, is: boolean) => {
    if (told.exists !== undefined && told.exists !== is) found.push(`${what} ${is ? 'is there, though its removal was confirmed' : 'was confirmed, and is gone'}`)
  }
  for (const [name, told] of client.containers) {
    const container = containers.get(name)
    exists(`container ${name}`, told, container !== undefined)
    if (!container) continue
    const { running, id } = told.facts
    if (id !== undefined && told.exists && container.Id !== id) found.push(`container ${name} is another one than was confirmed`)
    if (running !== undefined && told.exists && running !== container.State.Running) found.push(`container ${name} is ${container.State.Status}, though clients were told ${running ? 'it runs' : 'it does not run'}`)
    found.push(...againstFacts(name, container, told.facts, networks))
    found.push(...(await againstCopies(engine, name, told.facts.copied)))
    if (['restarting', 'removing', 'dead'].includes(container.State.Status)) found.push(`container ${name} is ${container.State.Status} for good`)
  }
  for (const [name, told] of client.images) exists(`image ${name}`, told, images.has(name))
  for (const [name, told] of client.networks) exists(`network ${name}`, told, networks.some(({ Name }) => Name === name))
  for (const [name, told] of client.volumes) {
    exists(`volume ${name}`, told, volumes.includes(name))
    if (!volumes.includes(name) || told.facts.content === '') continue
    const content = await readFile(join(engine.dataRoot, 'volumes', name, '_data', 'content'), 'utf8').catch(String)
    if (content !== told.facts.content && content !== told.facts.content + (told.facts.maybe ?? '')) found.push(`volume ${name} holds ${JSON.stringify(content)} instead of ${JSON.stringify(told.facts.content)}`)
  }
  const folders = await names(join(engine.dataRoot, 'volumes'))
  found.push(...differs('folders of volumes', folders.filter((name) => !volumes.includes(name)), []))
  return found
}

function againstFacts(name: string, container: Inspected, { port, joined }: ContainerFacts, networks: Records['networks']): string[] {
  const bound = Number(Object.values(container.HostConfig.PortBindings ?? {})[0]?.[0]?.HostPort ?? 0)
  const here = new Set(Object.keys(container.NetworkSettings.Networks))
  return [
    ...(port === undefined || bound === port ? [] : [`container ${name} publishes ${bound} instead of ${port}`]),
    ...[...joined].filter(([network, is]) => is !== undefined && is !== here.has(network) && networks.some(({ Name }) => Name === network)).map(([network, is]) => `container ${name} is ${is ? 'not ' : ''}in ${network}, against what was confirmed`),
  ]
}

/** The last confirmed copy is there, or the one that was cut; that one may leave neither, as it does with Docker: a file goes before its successor is written. */
async function againstCopies({ socket }: TestEngine, name: string, copied: readonly (string | undefined)[]): Promise<string[]> {
  if (copied.every((content) => content === undefined)) return []
  const reply = await callRaw(socket, 'GET', `/containers/${name}/archive?path=/root/copied`)
  const content = reply.status === 404 ? undefined : reply.text.slice(512, 512 + Number.parseInt(reply.text.slice(124, 135), 8))
  const wasCut = copied.length > 1
  return copied.includes(content) || (wasCut && !content) ? [] : [`container ${name} holds ${reply.status} ${JSON.stringify(content)} instead of ${JSON.stringify(copied)}`]
}

/** Things that nobody made: anonymous volumes belong to a container. */
function unknown({ containers, networks, volumes, released }: Records, clients: readonly Client[]): string[] {
  const used = new Set([...containers.values()].flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name)))
  return [
    ...differs('containers nobody made', [...containers.keys()].filter((name) => !clients.some((client) => client.containers.has(name))), []),
    ...differs('networks nobody made', networks.map(({ Name }) => Name).filter((name) => !['bridge', 'host', 'none'].includes(name) && !clients.some((client) => client.networks.has(name))), []),
    ...differs('volumes nobody has', volumes.filter((name) => !used.has(name) && !released.has(name) && !clients.some((client) => client.volumes.has(name))), []),
  ]
}

/** Takes over what the engine says about everything that was left open, so that the next round starts from certainty. */
export async function adoptRecords(engine: TestEngine, clients: readonly Client[]): Promise<void> {
  const { containers, networks, volumes, images } = await readRecords(engine)
  for (const client of clients) {
    for (const [name, told] of client.containers) {
      const container = containers.get(name)
      told.exists = container !== undefined
      told.facts.running = container?.State.Running ?? false
      if (!container) continue
      told.facts.id = container.Id
      told.facts.port = Number(Object.values(container.HostConfig.PortBindings ?? {})[0]?.[0]?.HostPort ?? 0)
      told.facts.joined = new Map(Object.keys(container.NetworkSettings.Networks).filter((network) => network !== told.facts.network).map((network) => [network, true]))
      const copied = told.facts.copied.length > 1 ? await callRaw(engine.socket, 'GET', `/containers/${name}/archive?path=/root/copied`) : undefined
      if (copied) told.facts.copied = copied.status === 200 ? told.facts.copied.filter((content) => content !== undefined && copied.text.includes(content)) : [undefined]
    }
    for (const [name, told] of client.images) told.exists = images.has(name)
    for (const [name, told] of client.networks) told.exists = networks.some(({ Name }) => Name === name)
    for (const [name, told] of client.volumes) {
      told.exists = volumes.includes(name)
      const content = await readFile(join(engine.dataRoot, 'volumes', name, '_data', 'content'), 'utf8').catch(() => '')
      told.facts.content = content
      delete told.facts.maybe
    }
  }
}

function differs<Item extends string | number>(what: string, are: readonly Item[], should: readonly Item[]): string[] {
  const [got, wanted] = [JSON.stringify([...are].sort()), JSON.stringify([...should].sort())]
  return got === wanted ? [] : [`${what}: ${got} instead of ${wanted}`]
}

function contentsOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}
