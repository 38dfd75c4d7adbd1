import type { ImagePlace, MovePlan } from '#shared/contract/cluster-move.ts'
import { EngineError } from '#shared/errors.ts'
import { familiarRepository, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import type { Connection } from '../connection.ts'
import { pushImage } from '../image-transfer.ts'
import type { Operation } from '../operation.ts'
import { authHeader } from '../registries/accounts.ts'
import { sharingOf } from '../sharing.ts'
import { copyImage } from './copy-image.ts'

type Engine = Pick<Connection, 'api' | 'mirror' | 'summary'>

/** An image as the engine here knows it; no registry is known that has it. */
export interface LocalImage {
  id: string
  /** Empty: it has no name. */
  reference: string
}

/** This engine, as a registry for others; undefined where it cannot be one. */
export async function ownRegistryOf(source: Pick<Connection, 'api' | 'summary' | 'hostFacts'>, signal: AbortSignal): Promise<MovePlan['own']> {
  const sharing = source.hostFacts ? await sharingOf(source).state(undefined, { signal, progress: () => {} }).catch(() => undefined) : undefined
  return sharing && { on: sharing.on, loopback: sharing.loopback, addresses: sharing.hosts.map((host) => `${host.includes(':') ? `[${host}]` : host}:${sharing.port}`), password: sharing.password }
}

/** Names under which the cluster's machines find what was local, by the name here; and, for the registry that this engine is, who they are there. */
export interface Placed {
  names: Map<string, string>
  auth?: string
}

interface Placing extends Operation {
  /** Names made to push are taken away again with this, whatever comes of it. */
  names: AsyncDisposableStack
  /** Of a name that is about to be made. */
  naming?(name: string): Promise<void>
  tell(done: number, total: number, subject: string): void
}

/** What no registry has is brought where the machines can fetch it. `target` is the one machine of a cluster, where images can be copied to it. */
export async function placeImages(source: Engine, locals: readonly LocalImage[], place: ImagePlace, placing: Placing, target?: Engine): Promise<Placed> {
  const placed: Placed = { names: new Map() }
  if (locals.length === 0) return placed
  if (place.kind === 'own') placed.auth = await openedOwn(source, place, placing)
  for (const [index, { id, reference }] of locals.entries()) {
    placing.tell(index, locals.length, reference || id)
    if (place.kind === 'engine') await copyImage(source, target ?? refuseCopy(), reference || id, placing)
    else placed.names.set(reference || id, place.kind === 'own' ? `${place.address}/${localName(reference)}` : await pushed(source, { id, reference }, place.prefix, placing))
  }
  return placed
}

/** Nothing is sent: the machines fetch from here. @throws when they could not */
async function openedOwn(source: Engine, { address, password }: Extract<ImagePlace, { kind: 'own' }>, operation: Operation): Promise<string | undefined> {
  const sharing = await sharingOf(source).state(undefined, operation)
  if (!sharing.on || sharing.problem !== undefined) throw new EngineError('failed-precondition', 'This engine serves no images to others.', { reason: 'not-shared', field: 'images', hint: 'Turn it on in the settings (“Share images”), or choose another registry.' })
  if (sharing.loopback && !/^(localhost|127\.)/.test(address)) throw new EngineError('failed-precondition', 'This engine serves images to this machine only.', { reason: 'not-shared', field: 'images', hint: 'Open it to the network in the settings, with a password, or choose another registry.' })
  return sharing.password && password ? authHeader(address, { username: sharing.username, password }) : undefined
}

/** As our registry spells local names: `library/web` is `web` (docs/decisions/0601-the-engine-as-a-registry.md). */
function localName(reference: string): string {
  const parsed = withDefaultTag(parseReference(reference))
  return `${familiarRepository(parsed)}:${parsed.tag}`
}

function refuseCopy(): never {
  throw new EngineError('invalid-argument', 'There is no engine to copy images to.', { reason: 'bad-request', field: 'images' })
}

async function pushed(source: Engine, { id, reference }: LocalImage, prefix: string, placing: Placing): Promise<string> {
  const { repository, tag = 'latest' } = reference ? parseReference(reference) : { repository: id.replace(/^sha256:/, '').slice(0, 12) }
  const name = withDefaultTag(parseReference(`${prefix.replace(/\/+$/, '')}/${repository.replace(/^library\//, '')}:${tag}`))
  const whole = `${familiarRepository(name)}:${name.tag}`
  const known = source.mirror.items().images.some(({ tags }) => tags.includes(whole))
  if (!known) {
    await placing.naming?.(whole)
    await source.api.json('POST', `/images/${encodeURI(id)}/tag`, { query: { repo: familiarRepository(name), tag: name.tag }, signal: placing.signal })
    // A name that stays is no reason to call off what has worked.
    placing.names.defer(async () => void (await source.api.json('DELETE', `/images/${encodeURI(whole)}`).catch(() => undefined)))
  }
  await pushImage(source.api, { reference: whole }, placing)
  return whole
}
