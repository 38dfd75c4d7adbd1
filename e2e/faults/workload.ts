import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { changeRequests } from './workload-changes.ts'
import { imageRequests } from './workload-images.ts'
import { pruneRequests } from './workload-prunes.ts'
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
  /** Undefined: a change of it was cut. 0: none. */
  port: number | undefined
  network: string
  volume: string
  /** Joined later; false: left again; undefined: cut. */
  joined: Map<string, boolean | undefined>
  /** The content of the file that was copied in last, undefined when there is none; several: a copy was cut. */
  copied: (string | undefined)[]
}

export interface VolumeFacts {
  /** What the test has written to it. */
  content: string
  /** A line that may have been added: the request for it was cut. */
  maybe?: string
}

/** Names of images that only this client makes and removes. */
export type ImageFacts = undefined

/** One client: its requests follow one another, and its things are its own, so that what it was told is never overtaken. */
export interface Client {
  readonly containers: Map<string, Told<ContainerFacts>>
  readonly networks: Map<string, Told<undefined>>
  readonly volumes: Map<string, Told<VolumeFacts>>
  readonly images: Map<string, Told<ImageFacts>>
  /** How often each request was answered well. */
  readonly done: Map<string, number>
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
  /** `HOST/REPOSITORY:TAG` that nobody else pulls. */
  pulls: string
  /** A saved image whose one name is `loaded-NAME:1`. */
  archive: Buffer
}

/** What every request works with. */
export interface Deeds extends Omit<ClientOptions, 'engine'> {
  engine: TestEngine
  client: Omit<Client, 'step'>
  /** Undefined: the engine was cut before it had answered. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawReply | undefined>
  named(kind: string): string
  pick<Facts>(things: Map<string, Told<Facts>>): string | undefined
  pickRunning(): string | undefined
}

const NAMES = [0, 1, 2, 3]
const PROBE = { Test: ['CMD', 'true'], Interval: 700_000_000 }

export function createClient(options: ClientOptions): Client {
  const { engine, image, dice, name, firstPort } = options
  const Labels = { owner: name }
  const client = { images: new Map<string, Told<ImageFacts>>(), done: new Map<string, number>(), containers: new Map<string, Told<ContainerFacts>>(), networks: new Map<string, Told<undefined>>(), volumes: new Map<string, Told<VolumeFacts>>(), offences: [] as string[] }
  const named = (kind: string) => `${kind}-${name}-${dice.pick(NAMES)}`

  async function call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawReply | undefined> {
    const reply = await callRaw(engine.socket, method, path, body, headers).catch(() => undefined)
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
  const deeds: Deeds = {
    ...options,
    client,
    call,
    named,
    pick: (things) => pickExisting(things),
    pickRunning: () => pickExisting(new Map([...client.containers].filter(([, { facts }]) => facts.running))),
  }
  const all = { ...Object.fromEntries(requests.map((request, index) => [`${index} ${/=> (\w+)/.exec(String(request))?.[1] ?? ''}`, request])), ...imageRequests(deeds), ...changeRequests(deeds), ...pruneRequests(deeds) }

  async function createContainer(container: string): Promise<boolean> {
    if (client.containers.get(container)?.exists) return true
    const network = dice.pick(['bridge', 'none', ...existing(client.networks)])
    const volume = dice.pick(['', '', ...existing(client.volumes)])
    const port = network !== 'none' && dice.next() < 0.5 ? firstPort + Number(container.at(-1)) : undefined
    const host = { NetworkMode: network, Binds: volume ? [`${volume}:/data`] : [], PortBindings: port === undefined ? {} : { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } }
    const told: Told<ContainerFacts> = { exists: undefined, facts: { running: false, network, volume, port: port ?? 0, joined: new Map(), copied: [undefined] } }
    client.containers.set(container, told)
    const reply = await call('POST', `/containers/create?name=${container}`, { Image: image, Labels, ...(dice.next() < 0.3 && { Healthcheck: PROBE }), Cmd: ['sleep', '1000000'], Volumes: dice.next() < 0.3 ? { '/anonymous': {} } : {}, HostConfig: host })
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
    const reply = await call('POST', '/networks/create', { Name: network, Labels })
    if (reply) told.exists = reply.status === 201
    return reply !== undefined
  }

  async function createVolume(volume: string): Promise<boolean> {
    if (client.volumes.get(volume)?.exists) return true
    const told: Told<VolumeFacts> = { exists: undefined, facts: { content: '' } }
    client.volumes.set(volume, told)
    const reply = await call('POST', '/volumes/create', { Name: volume, Labels })
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
  async function step(): Promise<boolean> {
    const [what, request] = dice.pick(Object.entries(all))
    const answered = await request()
    if (answered) client.done.set(what, (client.done.get(what) ?? 0) + 1)
    return answered
  }
  return { ...client, step }
}

export const existing = <Facts>(things: Map<string, Told<Facts>>): string[] => [...things].filter(([, { exists }]) => exists).map(([thing]) => thing)
