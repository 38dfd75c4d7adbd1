import type { Connection } from '../connection.ts'
import { listLayers } from '../image-history.ts'
import type { WireImageDetail } from '../wire/image.ts'

type Engine = Pick<Connection, 'api' | 'mirror'>

/** Images asked about at once, and at most: what costs longer than sending a layer is not worth asking. */
const width = 8
const most = 400

/** How many layers of an image, from its base, the other engine has below one of its own images: only those lie where a chain expects them. */
export async function layersThere({ api, mirror }: Engine, layers: readonly string[], signal: AbortSignal): Promise<number> {
  const waiting = mirror.items().images.slice(0, most)
  let there = 0
  const ask = async () => {
    for (let image = waiting.pop(); image !== undefined && there < layers.length; image = waiting.pop()) {
      const theirs = await layersOf(api, image.id, signal).catch(() => [])
      there = Math.max(there, commonStart(theirs, layers))
    }
  }
  await Promise.all(Array.from({ length: width }, ask))
  return there
}

export const layersOf = async (api: Engine['api'], id: string, signal: AbortSignal): Promise<string[]> => (await api.json<WireImageDetail>('GET', `/images/${encodeURI(id)}/json`, { signal })).RootFS?.Layers ?? []

export function commonStart(a: readonly string[], b: readonly string[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

/**
 * The names that layers have in an archive of the source: the digest of what is in them, or, where an engine of ours says so, of the compressed blob.
 * The same content may be a layer twice: one that is still needed further up is not left out.
 */
export async function namesOfKnown(source: Engine, id: string, layers: readonly string[], there: number, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const rows = await listLayers(source.api, id, signal)
  const nameOf = (index: number) => hexOf(rows?.[index]?.Blob ?? layers[index] ?? '')
  const needed = new Set(layers.slice(there).map((_, index) => nameOf(there + index)))
  return new Set(layers.slice(0, there).map((_, index) => nameOf(index)).filter((name) => !needed.has(name)))
}

const hexOf = (digest: string) => digest.replace(/^sha256:/, '')
