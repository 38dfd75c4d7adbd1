import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { TestEngine } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { names, observe } from './observe.ts'
import type { Client, Told } from './workload.ts'

interface Inspected {
  Id: string
  Name: string
  State: { Status: string; Running: boolean; Pid: number }
  NetworkSettings: { Ports: Record<string, { HostPort: string }[] | null> | null; Networks: Record<string, unknown> }
  Mounts: { Type: string; Name?: string }[]
}

/** Records as the engine tells them. */
interface Records {
  containers: Map<string, Inspected>
  networks: { Name: string; Driver: string }[]
  volumes: string[]
}

/** Compares what the engine says with the kernel and with what its clients were told. Every difference is a sentence; none is the aim. */
export async function differences(engine: TestEngine, clients: readonly Client[], baseline: { snapshots: number }): Promise<string[]> {
  const records = await readRecords(engine)
  return [...(await againstKernel(engine, records, baseline)), ...(await Promise.all(clients.map((client) => againstClient(engine, records, client)))).flat(), ...unknown(records, clients)]
}

async function readRecords({ socket }: TestEngine): Promise<Records> {
  const get = async <Body>(path: string) => (await callRaw(socket, 'GET', path)).json<Body>()
  const list = await get<{ Id: string }[]>('/containers/json?all=1')
  const inspected = await Promise.all(list.map(({ Id }) => get<Inspected>(`/containers/${Id}/json`)))
  const { Volumes } = await get<{ Volumes: { Name: string }[] | null }>('/volumes')
  return { containers: new Map(inspected.map((container) => [container.Name.slice(1), container])), networks: await get('/networks'), volumes: (Volumes ?? []).map(({ Name }) => Name) }
}

async function againstKernel(engine: TestEngine, { containers, networks }: Records, baseline: { snapshots: number }): Promise<string[]> {
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
  return [
    ...differs('shims', kernel.shims, ids),
    ...differs('processes that run only by the records', dead, []),
    ...differs('root file systems', rootfsMounts, ids.map((id) => join(engine.runRoot, 'containers', id, 'bundle/rootfs'))),
    ...differs('mounts of nothing that runs', kernel.mounts.filter((path) => !sandboxMounts.includes(path) && !ids.some((id) => path.startsWith(join(engine.runRoot, 'containers', id)))), []),
    ...differs('network namespaces', kernel.namespaces, ids),
    ...differs('pins of namespaces', sandboxMounts, ids.map((id) => join(engine.runRoot, 'netns', id))),
    ...differs('cables', [kernel.veths], [connected.length]),
    ...differs('published ports in the firewall', [kernel.ports.length], [published.length]),
    ...differs('bridges', [kernel.bridges.length], [networks.filter(({ Driver }) => Driver === 'bridge').length]),
    ...differs('folders of containers in the run root', kernel.runFolders.filter((path) => !known.has(basename(path))), []),
    ...differs('folders of containers in the data root', kernel.dataFolders.filter((id) => !known.has(id)), []),
    // Each active snapshot has a directory and a work directory.
    ...differs('snapshots', [kernel.snapshots.length], [baseline.snapshots + 2 * all.length]),
  ]
}

async function againstClient(engine: TestEngine, { containers, networks, volumes }: Records, client: Client): Promise<string[]> {
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
    if (['restarting', 'removing', 'dead'].includes(container.State.Status)) found.push(`container ${name} is ${container.State.Status} for good`)
  }
  for (const [name, told] of client.networks) exists(`network ${name}`, told, networks.some(({ Name }) => Name === name))
  for (const [name, told] of client.volumes) {
    exists(`volume ${name}`, told, volumes.includes(name))
    if (!volumes.includes(name) || told.facts.content === '') continue
    const content = await readFile(join(engine.dataRoot, 'volumes', name, '_data', 'content'), 'utf8').catch(String)
    if (content !== told.facts.content) found.push(`volume ${name} holds ${JSON.stringify(content)} instead of ${JSON.stringify(told.facts.content)}`)
  }
  const folders = await names(join(engine.dataRoot, 'volumes'))
  found.push(...differs('folders of volumes', folders.filter((name) => !volumes.includes(name)), []))
  return found
}

/** Things that nobody made: anonymous volumes belong to a container. */
function unknown({ containers, networks, volumes }: Records, clients: readonly Client[]): string[] {
  const used = new Set([...containers.values()].flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name)))
  return [
    ...differs('containers nobody made', [...containers.keys()].filter((name) => !clients.some((client) => client.containers.has(name))), []),
    ...differs('networks nobody made', networks.map(({ Name }) => Name).filter((name) => !['bridge', 'host', 'none'].includes(name) && !clients.some((client) => client.networks.has(name))), []),
    ...differs('volumes nobody has', volumes.filter((name) => !used.has(name) && !clients.some((client) => client.volumes.has(name))), []),
  ]
}

/** Takes over what the engine says about everything that was left open, so that the next round starts from certainty. */
export async function adoptRecords(engine: TestEngine, clients: readonly Client[]): Promise<void> {
  const { containers, networks, volumes } = await readRecords(engine)
  for (const client of clients) {
    for (const [name, told] of client.containers) {
      const container = containers.get(name)
      told.exists = container !== undefined
      told.facts.running = container?.State.Running ?? false
      if (container) told.facts.id = container.Id
    }
    for (const [name, told] of client.networks) told.exists = networks.some(({ Name }) => Name === name)
    for (const [name, told] of client.volumes) {
      told.exists = volumes.includes(name)
      const content = await readFile(join(engine.dataRoot, 'volumes', name, '_data', 'content'), 'utf8').catch(() => '')
      told.facts.content = content
    }
  }
}

function differs<Item extends string | number>(what: string, are: readonly Item[], should: readonly Item[]): string[] {
  const [got, wanted] = [JSON.stringify([...are].sort()), JSON.stringify([...should].sort())]
  return got === wanted ? [] : [`${what}: ${got} instead of ${wanted}`]
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}
