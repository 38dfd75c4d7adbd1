import { expect, test } from 'vitest'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import { parseManifest } from './parse-manifest.ts'

const descriptor = (mediaType: string) => ({ mediaType, digest: `sha256:${'a'.repeat(64)}`, size: 10 })
const image = { schemaVersion: 2, config: descriptor(mediaTypes.ociConfig), layers: [descriptor(mediaTypes.ociLayer)] }
const index = { schemaVersion: 2, manifests: [descriptor(mediaTypes.ociManifest)] }
const parse = (document: object, mediaType: string) => parseManifest(Buffer.from(JSON.stringify(document)), mediaType)

const SERVED_AS = [mediaTypes.ociManifest, mediaTypes.ociIndex, mediaTypes.dockerManifest, mediaTypes.dockerManifestList, '', 'application/json']

test.each(SERVED_AS)('one document that is image and index is refused, served as %j', (mediaType) => {
  for (const [what, both] of Object.entries({ both: { ...image, ...index }, 'index with layers': { ...index, layers: image.layers }, 'index with a config': { ...index, config: image.config }, 'schema 1 as well': { ...image, fsLayers: [] } })) {
    for (const inner of [undefined, mediaTypes.ociManifest, mediaTypes.ociIndex]) expect(() => parse({ ...both, ...(inner && { mediaType: inner }) }, mediaType), what).toThrow(/ambiguous|both|schema 1|served as/)
  }
})

test('a document is what it says and what it was served as, or nothing', () => {
  expect(parse(image, mediaTypes.ociManifest).kind).toBe('manifest')
  expect(parse(index, mediaTypes.ociIndex).kind).toBe('index')
  expect(() => parse({ ...image, mediaType: mediaTypes.ociIndex }, mediaTypes.ociManifest)).toThrow('served as')
  expect(() => parse({ ...index, mediaType: mediaTypes.ociIndex }, mediaTypes.ociManifest)).toThrow('served as')
  expect(() => parse(index, mediaTypes.ociManifest)).toThrow()
  expect(() => parse(image, mediaTypes.ociIndex)).toThrow()
})
