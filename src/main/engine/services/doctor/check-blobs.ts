import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { errnoOf } from '#base/system-error.ts'
import { isDigest, type Digest } from '#shared/oci/digest.ts'
import { sourceOf } from './layer-files.ts'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { imagesWith, namesOfImage, neededBlobs, rowsOf, type LayerRow } from './rows.ts'
import { lookAtEach } from './seen-twice.ts'

/** Every blob has the bytes of its name, and every blob that a record speaks of is there. */
export async function* checkBlobs(context: DoctorContext, checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const folder = join(context.layout.content, 'blobs', 'sha256')
  const sizes = new Map<string, number>()
  yield* lookAtEach(context, await readdir(folder).catch(() => []), async (name) => {
    const seen = await hashOf(join(folder, name))
    // An engine at work removes some.
    if (!seen) return []
    sizes.set(name, seen.bytes)
    return seen.hex === name ? [] : [await otherBytes(context, join(folder, name), seen)]
  }, signal)
  checked.blobs += sizes.size
  checked.bytes += sizes.values().reduce((sum, bytes) => sum + bytes, 0)
  yield* lookAtEach(context, neededBlobs(context.metadata), async (digest) => {
    if (existsSync(context.layout.blob(digest)) || !neededBlobs(context.metadata).has(digest)) return []
    return [await lost(context, digest, 'is missing', 'missing')]
  }, signal)
}

async function otherBytes(context: DoctorContext, place: string, { hex, bytes }: Hashed): Promise<Found> {
  const digest = `sha256:${basename(place)}`
  if (isDigest(digest)) return await lost(context, digest, `has other bytes than its digest says (${hex.slice(0, 12)}, ${bytes} bytes)`, 'damaged')
  return { kind: 'leftover', reason: 'not-a-blob', subject: place, what: `${place} is no blob: its name is no digest.`, advice: 'Look at it, and remove it if it is not yours.' }
}

interface Hashed {
  hex: string
  bytes: number
}

/** Undefined when it is not there (any more). */
export async function hashOf(path: string): Promise<Hashed | undefined> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      bytes += chunk.length
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  return { hex: hash.digest('hex'), bytes }
}

/** Who needs it decides what can be done. */
async function lost(context: DoctorContext, digest: Digest, how: string, word: 'damaged' | 'missing'): Promise<Found> {
  const { images, names, layers, kept } = rowsOf(context.metadata)
  const remove = () => rm(context.layout.blob(digest), { force: true })
  const reason = `blob-${word}`
  if (images.find(digest)) {
    const name = namesOfImage(context.metadata, digest)
    return { kind: 'image', reason, subject: name, what: `The configuration of image ${name} ${how}.`, advice: pullAgain(name) }
  }
  const layer = layers.list().find(({ blob }) => blob?.digest === digest)
  if (layer) return await ofLayer(context, layer, { how, word, reason, remove })
  const described = images.list().filter(({ manifest }) => manifest?.digest === digest)
  const named = names.list().filter(({ target }) => target?.digest === digest)
  if (described.length > 0 || named.length > 0) {
    const name = [...new Set([...described.map(({ id }) => id), ...named.map(({ image }) => image)])].map((id) => namesOfImage(context.metadata, id)).join(', ')
    return { kind: 'image', reason, subject: name, what: `The manifest of image ${name} ${how}.`, advice: pullAgain(name) }
  }
  const served = kept.list().find(({ descriptor, blobs }) => [descriptor.digest, ...blobs].includes(digest)) ?? images.list().find(({ blobs }) => blobs?.includes(digest))
  if (served) {
    const name = 'repository' in served ? served.repository.replace(/^docker\.io\/(?:library\/)?/, '') : namesOfImage(context.metadata, served.id)
    return { kind: 'image', reason, subject: name, what: `${digest}, a part of ${name} that is served to other machines, ${how}.`, advice: 'Push it again from where it came.' }
  }
  return { kind: 'blob', reason, subject: digest, what: `${digest}, which no image needs, ${how}.`, advice: 'It can be removed.', repair: remove }
}

async function ofLayer(context: DoctorContext, layer: LayerRow, { how, word, reason, remove }: { how: string; word: 'damaged' | 'missing'; reason: string; remove: () => Promise<void> }): Promise<Found> {
  const { layers } = rowsOf(context.metadata)
  const name = imagesWith(context.metadata, layer.diffId)
  const finding = { kind: 'image' as const, reason, subject: name, what: `The packed layer ${layer.diffId.slice(7, 19)} of ${name} ${how}. Containers of it still run; it cannot be pushed or saved.` }
  if (!(await madeAgain(context, layer))) {
    // What is damaged keeps the whole one from coming: without it, it is among the missing.
    return word === 'missing' ? { ...finding, advice: pullAgain(name) } : { ...finding, advice: `What is damaged can be removed. Then pull the image again (docker pull ${name.split(', ')[0]}), which brings only that.`, repair: remove }
  }
  return {
    ...finding,
    advice: 'Its unpacked files give exactly the same layer, so it can be packed again from them when it is needed.',
    async repair() {
      const { blob: _, ...rest } = layer
      layers.put(layer.diffId, rest)
      await remove()
    },
  }
}

async function madeAgain(context: DoctorContext, { chain, diffId }: LayerRow): Promise<boolean> {
  const source = sourceOf(context, chain)
  return source !== undefined && (await context.layers.measure(source).then((made) => made.diffId === diffId, () => false))
}

const pullAgain = (name: string) => `Pull the image again (docker pull ${name.split(', ')[0]}), which brings only what is missing; one that was built here has to be built again.`
