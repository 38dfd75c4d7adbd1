import type { ImagePlace } from '#shared/contract/cluster-move.ts'
import { EngineError } from '#shared/errors.ts'
import { familiarRepository, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import type { Connection } from '../../connection.ts'
import { copyImage } from '../../copies/copy-image.ts'
import { pushImage } from '../../image-transfer.ts'
import type { Operation } from '../../operation.ts'
import { authHeader } from '../../registries/accounts.ts'
import { sharingOf } from '../../sharing.ts'
import type { MovedService } from './plan.ts'

type Engine = Pick<Connection, 'api' | 'mirror' | 'summary'>

/** Names under which the cluster's machines find what was local, by the name here; and, for the registry that this engine is, who they are there. */
export interface Placed {
  names: Map<string, string>
  auth?: string
}

/** What no registry has is brought where the machines can fetch it. Names made for that are taken away again in the end, whatever comes of it. */
export async function placeImages(source: Engine, target: Engine, services: readonly MovedService[], place: ImagePlace, operation: Operation, names: AsyncDisposableStack, tell: (done: number, total: number, subject: string) => void): Promise<Placed> {
  const locals = [...new Map(services.flatMap(({ local }) => (local ? [[local.reference || local.id, local] as const] : []))).values()]
  const placed: Placed = { names: new Map() }
  if (locals.length === 0) return placed
  if (place.kind === 'own') placed.auth = await openedOwn(source, place, operation)
  for (const [index, { id, reference }] of locals.entries()) {
    tell(index, locals.length, reference || id)
    if (place.kind === 'engine') await copyImage(source, target, reference || id, operation)
    else placed.names.set(reference || id, place.kind === 'own' ? `${place.address}/${localName(reference)}` : await pushed(source, { id, reference }, place.prefix, operation, names))
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

async function pushed(source: Engine, { id, reference }: { id: string; reference: string }, prefix: string, operation: Operation, names: AsyncDisposableStack): Promise<string> {
  const { repository, tag = 'latest' } = reference ? parseReference(reference) : { repository: id.replace(/^sha256:/, '').slice(0, 12) }
  const name = withDefaultTag(parseReference(`${prefix.replace(/\/+$/, '')}/${repository.replace(/^library\//, '')}:${tag}`))
  const whole = `${familiarRepository(name)}:${name.tag}`
  const known = source.mirror.items().images.some(({ tags }) => tags.includes(whole))
  if (!known) {
    await source.api.json('POST', `/images/${encodeURI(id)}/tag`, { query: { repo: familiarRepository(name), tag: name.tag }, signal: operation.signal })
    // A name that stays is no reason to call off what has worked.
    names.defer(async () => void (await source.api.json('DELETE', `/images/${encodeURI(whole)}`).catch(() => undefined)))
  }
  await pushImage(source.api, { reference: whole }, operation)
  return whole
}
