import type { ImagePlace } from '#shared/contract/cluster-move.ts'
import { isEngineError } from '#shared/errors.ts'
import { findReference } from '#shared/oci/reference.ts'
import type { Connection } from '../../connection.ts'
import { placeImages, type LocalImage } from '../../copies/place-images.ts'
import type { Operation } from '../../operation.ts'
import { isPublic } from '../../registries/is-public.ts'
import { nameOf } from '../workload.ts'
import { imagesOf, withImages, type WireObject } from './objects.ts'

/** Those that this engine has, and of which no registry is known: a cluster could not fetch them. */
export async function localImagesOf({ api }: Pick<Connection, 'api'>, images: readonly string[], signal: AbortSignal): Promise<LocalImage[]> {
  const found = await Promise.all(images.map((reference) => localImageOf(api, reference, signal)))
  return found.filter((image) => image !== undefined)
}

async function localImageOf(api: Connection['api'], reference: string, signal: AbortSignal): Promise<LocalImage | undefined> {
  if (!findReference(reference)) return undefined
  try {
    const image = await api.json<{ Id: string; RepoDigests?: string[] | null }>('GET', `/images/${encodeURI(reference)}/json`, { signal })
    return isPublic(reference, image) ? undefined : { id: image.Id, reference }
  } catch (error) {
    // What this engine does not have, or an engine that is away, says nothing of what the cluster can fetch.
    if (isEngineError(error, 'not-found') || isEngineError(error, 'unavailable')) return undefined
    throw error
  }
}

interface Placing extends Operation {
  tell(done: number, total: number, subject: string): void
}

/** Brings what no registry has where the cluster can fetch it, and says so in the objects; with a secret where the cluster has to say who it is. */
export async function placed(connection: Connection, objects: readonly WireObject[], { images, subject }: { images?: ImagePlace; subject: string }, placing: Placing): Promise<WireObject[]> {
  if (images === undefined) return [...objects]
  const locals = await localImagesOf(connection, imagesOf(objects), placing.signal)
  if (locals.length === 0) return [...objects]
  await using names = new AsyncDisposableStack()
  const { names: renamed, auth } = await placeImages(connection, locals, images, { ...placing, names })
  const secret = auth === undefined ? undefined : pullSecret(`${nameOf(subject.replace(/^\w+:/, '').split('/').at(-1) ?? subject)}-images`, auth)
  return [...(secret ? [secret] : []), ...withImages(objects, renamed, secret?.metadata.name)]
}

/** Who one is at a registry, as a cluster keeps it. */
function pullSecret(name: string, auth: string): WireObject {
  const { username, password, serveraddress } = JSON.parse(Buffer.from(auth, 'base64url').toString()) as { username: string; password: string; serveraddress: string }
  const config = { auths: { [serveraddress]: { username, password, auth: Buffer.from(`${username}:${password}`).toString('base64') } } }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': JSON.stringify(config) } }
}
