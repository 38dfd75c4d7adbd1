import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { callRaw, type RawReply } from '../fixtures/raw-api.ts'
import type { TestEngine } from '../fixtures/engine.ts'
import type { Dice } from './random-numbers.ts'

/** What clients have been told. `undefined`: a request about it was cut before its answer, so that either is right. */
export interface Told<Facts> {
  exists: boolean | undefined
  facts: Facts
}

export interface ContainerFacts {
  id?: string
  running: boolean | undefined
  port?: number
  network: string
  volume: string
}

export interface VolumeFacts {
  /** What the test has written to it. */
  content: string
}

/** One client: its requests follow one another, and its things are its own, so that what it was told is never overtaken. */
export interface Client {
  readonly containers: Map<string, Told<ContainerFacts>>
  readonly networks: Map<string, Told<undefined>>
  readonly volumes: Map<string, Told<VolumeFacts>>
  /** Answers that no client should ever get. */
  readonly offences: string[]
  /** One random request; false when the engine was cut. */
  step(): Promise<boolean>
}

export interface ClientOptions {
  engine: TestEngine
  image: string
  dice: Dice
  name: string
  firstPort: number
}

const NAMES = [0, 1, 2, 3]

export function createClient({ engine, image, dice, name, firstPort }: ClientOptions): Client {
  const client = { containers: new Map<string, Told<ContainerFacts>>(), networks: new Map<string, Told<undefined>>(), volumes: new Map<string, Told<VolumeFacts>>(), offences: [] as string[] }
  const named = (kind: string) => `${kind}-${name}-${dice.pick(NAMES)}`

  async function call(method: string, path: string, body?: unknown): Promise<RawReply | undefined> {
    const reply = await callRaw(engine.socket, method, path, body).catch(() => undefined)
    if (reply && reply.status >= 500) client.offences.push(`${method} ${path}: ${reply.status} ${reply.text}`)
    return reply
  }

  const requests: readonly (() => Promise<boolean>)[] = [
    () => createContainer(named('c')),
    () => createContainer(named('c')),
    () => changeRunning('start', true),
    () => changeRunning('start', true),
    () => changeRunning('restart?t=0', true),
    () => changeRunning('stop?t=0', false),
    () => changeRunning('kill', false),
    () => removeContainer(),
    () => createNetwork(named('n')),
    () => removeNetwork(),
    () => createVolume(named('v')),
    () => removeVolume(),
  ]

  async function createContainer(container: string): Promise<boolean> {
    if (client.containers.get(container)?.exists) return true
    const network = dice.pick(['bridge', 'none', ...existing(client.networks)])
    const volume = dice.pick(['', '', ...existing(client.volumes)])
    const port = network !== 'none' && dice.next() < 0.5 ? firstPort + Number(container.at(-1)) : undefined
    const host = { NetworkMode: network, Binds: volume ? [`${volume}:/data`] : [], PortBindings: port === undefined ? {} : { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } }
    const told: Told<ContainerFacts> = { exists: undefined, facts: { running: false, network, volume, ...(port !== undefined && { port }) } }
    client.containers.set(container, told)
    const reply = await call('POST', `/containers/create?name=${container}`, { Image: image, Cmd: ['sleep', '1000000'], Volumes: dice.next() < 0.3 ? { '/anonymous': {} } : {}, HostConfig: host })
    if (!reply) return false
    told.exists = reply.status === 201
    if (told.exists) told.facts.id = reply.json<{ Id: string }>().Id
    else if (reply.status !== 404) client.offences.push(`create ${container}: ${reply.status} ${reply.text}`)
    return true
  }

  async function changeRunning(verb: string, running: boolean): Promise<boolean> {
    const container = pickExisting(client.containers)
    const told = container === undefined ? undefined : client.containers.get(container)!
    if (!told) return true
    const { facts } = told
    const before = facts.running
    facts.running = undefined
    const reply = await call('POST', `/containers/${container}/${verb}`)
    if (!reply) return false
    // 404: its network has been removed. 409: it does not run.
    if (reply.status < 400) facts.running = running
    else facts.running = verb.startsWith('restart') ? undefined : before
    if (verb === 'kill' && reply.status < 400) facts.running = undefined
    if (reply.status === 404 && !/network/.test(reply.text)) client.offences.push(`${verb} ${container}: ${reply.text}`)
    return true
  }

  const removeContainer = () => remove(client.containers, (container) => `/containers/${container}?force=1&v=1`)
  const removeNetwork = () => remove(client.networks, (network) => `/networks/${network}`)
  const removeVolume = () => remove(client.volumes, (volume) => `/volumes/${volume}`)

  async function remove<Facts>(things: Map<string, Told<Facts>>, path: (thing: string) => string): Promise<boolean> {
    const thing = pickExisting(things)
    if (thing === undefined) return true
    const told = things.get(thing)!
    told.exists = undefined
    const reply = await call('DELETE', path(thing))
    if (!reply) return false
    told.exists = reply.status >= 400
    // 403 and 409: in use.
    if (reply.status >= 400 && reply.status !== 403 && reply.status !== 409) client.offences.push(`remove ${thing}: ${reply.status} ${reply.text}`)
    return true
  }

  async function createNetwork(network: string): Promise<boolean> {
    if (client.networks.get(network)?.exists) return true
    const told: Told<undefined> = { exists: undefined, facts: undefined }
    client.networks.set(network, told)
    const reply = await call('POST', '/networks/create', { Name: network })
    if (reply) told.exists = reply.status === 201
    return reply !== undefined
  }

  async function createVolume(volume: string): Promise<boolean> {
    if (client.volumes.get(volume)?.exists) return true
    const told: Told<VolumeFacts> = { exists: undefined, facts: { content: '' } }
    client.volumes.set(volume, told)
    const reply = await call('POST', '/volumes/create', { Name: volume })
    if (!reply) return false
    told.exists = reply.status === 201
    told.facts.content = `${volume} ${dice.next()}\n`
    await appendFile(join(engine.dataRoot, 'volumes', volume, '_data', 'content'), told.facts.content)
    return true
  }

  const pickExisting = <Facts>(things: Map<string, Told<Facts>>): string | undefined => {
    const found = existing(things)
    return found.length === 0 ? undefined : dice.pick(found)
  }
  return { ...client, step: () => dice.pick(requests)() }
}

export const existing = <Facts>(things: Map<string, Told<Facts>>): string[] => [...things].filter(([, { exists }]) => exists).map(([thing]) => thing)
