import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import { decompressed } from '../../core/layers/decompress.ts'
import { parseReference } from '#shared/oci/reference.ts'
import { applyChanges } from './apply-changes.ts'
import { addLayer, createImage } from './create.ts'
import type { ImportOptions } from './images-service.ts'
import type { Service } from './service.ts'

/** Makes an image with one layer of an archive, or of the archive a URL leads to. As of any layer that is made here, no blob is kept. */
export async function importImage(service: Service, source: Readable | string, options: ImportOptions = {}): Promise<ImageId> {
  if (options.name !== undefined) parseReference(options.name)
  if (options.platform && options.platform.os !== 'linux') throw new EngineError('invalid-argument', 'operating system is not supported', { reason: 'wrong-os', field: 'platform' })
  const config = applyChanges({}, options.changes ?? [])
  using lease = service.leases.open('import')
  const { stream, origin } = typeof source === 'string' ? await download(source, options) : { stream: source, origin: '-' }
  const layer = await addLayer(service, await decompressed(stream), { parent: undefined, lease, ...(options.signal && { signal: options.signal }) })
  const now = new Date().toISOString()
  const platform = options.platform ?? service.platform
  return await createImage(service, {
    config: {
      created: now,
      architecture: platform.architecture || service.platform.architecture,
      os: platform.os,
      ...(platform.variant && { variant: platform.variant }),
      comment: options.message ?? `Imported from ${origin}`,
      config,
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      history: [{ created: now, comment: options.message ?? `Imported from ${origin}` }],
    },
    ...(options.name !== undefined && { names: [options.name] }),
    event: 'import',
    lease,
  })
}

async function download(text: string, { signal, onProgress }: ImportOptions): Promise<{ stream: Readable; origin: string }> {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  if (!url || !/^https?:$/.test(url.protocol)) throw new EngineError('invalid-argument', `cannot import from ${JSON.stringify(text)}: not an http or https URL`, { reason: 'invalid-url', field: 'fromSrc' })
  const { request, interceptors, getGlobalDispatcher } = await import('undici')
  const answer = await request(url, { dispatcher: getGlobalDispatcher().compose(interceptors.redirect({ maxRedirections: 5 })), ...(signal && { signal }) }).catch((cause: unknown) => {
    throw new EngineError('unavailable', `cannot import from ${url.href}: ${cause instanceof Error ? cause.message : String(cause)}`, { reason: 'unreachable', cause })
  })
  if (answer.statusCode !== 200) throw new EngineError('unavailable', `cannot import from ${url.href}: the server answered ${answer.statusCode}`, { reason: `http-${answer.statusCode}` })
  onProgress?.({ status: `Downloading from ${url.href}` })
  return { stream: answer.body, origin: url.href }
}
