import { pipeline } from 'node:stream/promises'
import type { CopyAnswer } from '#shared/contract/copies.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { familiarRepository, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import type { Connection } from '../connection.ts'
import { meter } from '../files/save-file.ts'
import type { Operation } from '../operation.ts'
import type { WireImageDetail } from '../wire/image.ts'
import { jsonLines } from '../wire/json-lines.ts'
import { layersThere, namesOfKnown } from './known-layers.ts'
import { thinArchive } from './thin-archive.ts'

type Engine = Pick<Connection, 'api' | 'mirror'>

/** An image that is there already only gets its names. */
export async function copyImage(source: Engine, target: Engine, id: string, operation: Operation): Promise<CopyAnswer> {
  const { signal } = operation
  const image = await source.api.json<WireImageDetail>('GET', `/images/${encodeURI(id)}/json`, { signal })
  const layers = image.RootFS?.Layers ?? []
  const names = (image.RepoTags ?? []).filter((name) => !name.startsWith('<none>'))
  if (await isThere(target, image.Id, signal)) {
    for (const name of names) await tag(target, image.Id, name, signal)
    return { bytes: 0, layersThere: layers.length, layers: layers.length }
  }
  const there = await layersThere(target, layers, signal)
  const known = there === 0 ? new Set<string>() : await namesOfKnown(source, image.Id, layers, there, signal)
  const wanted = names.length > 0 ? names : [image.Id]
  const whole = image.Size
  try {
    const bytes = await send(source, target, wanted, known, known.size === 0 ? whole : undefined, operation)
    return { bytes, layersThere: known.size === 0 ? 0 : there, layers: layers.length }
  } catch (error) {
    // An engine that wants every layer, or has lost one meanwhile, gets them all.
    if (signal.aborted || known.size === 0 || isEngineError(error, 'cancelled')) throw error
    const bytes = await send(source, target, wanted, new Set(), whole, operation)
    return { bytes, layersThere: 0, layers: layers.length }
  }
}

async function send(source: Engine, target: Engine, names: string[], known: ReadonlySet<string>, total: number | undefined, operation: Operation): Promise<number> {
  const leaving = new AbortController()
  const signal = AbortSignal.any([operation.signal, leaving.signal])
  const archive = await source.api.stream('GET', '/images/get', { query: { names }, signal })
  const counter = meter(operation, total)
  const reading = known.size === 0 ? pipeline(archive, counter, { signal }) : pipeline(archive, thinArchive((path) => known.has(layerNameOf(path))), counter, { signal })
  reading.catch(() => {})
  try {
    for await (const line of jsonLines<LoadLine>(await target.api.stream('POST', '/images/load', { query: { quiet: true }, source: counter, signal }))) {
      if (line.error !== undefined) throw new EngineError('failed-precondition', line.errorDetail?.message ?? line.error, { reason: 'not-loaded', hint: 'The other engine did not take the image.' })
    }
    await reading
    return counter.bytes
  } catch (error) {
    if (operation.signal.aborted) throw new EngineError('cancelled', 'Cancelled.')
    throw error
  } finally {
    leaving.abort()
  }
}

interface LoadLine {
  error?: string
  errorDetail?: { message?: string }
}

/** `blobs/sha256/HEX`, or as older engines and podman write it `HEX.tar`, `HEX/layer.tar`. */
const layerNameOf = (path: string) => /(?:^|\/)([0-9a-f]{64})(?:\.tar|\/layer\.tar)?$/.exec(path)?.[1] ?? ''

async function isThere({ api }: Engine, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await api.json<WireImageDetail>('GET', `/images/${encodeURI(id)}/json`, { signal })).Id === id
  } catch (error) {
    if (isEngineError(error, 'not-found')) return false
    throw error
  }
}

async function tag({ api }: Engine, id: string, name: string, signal: AbortSignal): Promise<void> {
  const reference = withDefaultTag(parseReference(name))
  await api.json('POST', `/images/${encodeURI(id)}/tag`, { query: { repo: familiarRepository(reference), tag: reference.tag }, signal })
}
