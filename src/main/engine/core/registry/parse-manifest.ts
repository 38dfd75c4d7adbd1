import { EngineError } from '#shared/errors.ts'
import { isIndexType, isManifestType, mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import { isDigest } from '#shared/oci/digest.ts'
import type { Index, Manifest } from '#shared/oci/manifest.ts'
import { parseJson } from '../../../base/parse-json.ts'

export type ParsedManifest = { kind: 'manifest'; manifest: Manifest } | { kind: 'index'; index: Index }

/** More layers than the kernel stacks (OVL_MAX_STACK). */
const LAYER_LIMIT = 500
const CONFIG_TYPES: string[] = [mediaTypes.ociConfig, mediaTypes.dockerConfig]
const SCHEMA1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/

/**
 * Reads a manifest or index. `mediaType` is what the server or descriptor said it is.
 * A document that could be read as both is refused (CVE-2021-41190): two clients would see two images under one digest.
 * @throws invalid-argument, not-implemented (schema 1, artifacts)
 */
export function parseManifest(content: Uint8Array, mediaType: string): ParsedManifest {
  if (SCHEMA1.test(mediaType)) throw new EngineError('not-implemented', 'Docker manifest version 2, schema 1 is not supported; the image has to be pushed again by a newer client', { reason: 'schema1' })
  const document = parseObject(content)
  const inner = document['mediaType']
  if (typeof inner === 'string' && inner !== '' && mediaType !== '' && isKnown(mediaType) && inner !== mediaType) throw ambiguous(`its mediaType is ${inner}, but it was served as ${mediaType}`)
  const type = isKnown(mediaType) ? mediaType : typeof inner === 'string' ? inner : guess(document)
  if ('manifests' in document && ('layers' in document || 'config' in document)) throw ambiguous('it is both an image and an index')
  if ('fsLayers' in document) throw ambiguous('it holds fsLayers of schema 1')
  if (isIndexType(type)) return { kind: 'index', index: { ...document, schemaVersion: 2, manifests: descriptors(document['manifests'], 'manifests') } }
  if (!isManifestType(type)) throw new EngineError('invalid-argument', `unsupported manifest media type ${JSON.stringify(type)}`, { reason: 'unknown-manifest' })
  return { kind: 'manifest', manifest: toManifest(document) }
}

/** @throws not-implemented for what is no container image (Helm charts, signatures, …). */
export function assertIsImage({ config, layers, artifactType }: Manifest): void {
  if (!CONFIG_TYPES.includes(config.mediaType))
    throw new EngineError('not-implemented', `the reference is not a container image but an artifact of type ${artifactType ?? config.mediaType}`, { reason: 'artifact', hint: 'Fetch it with the program it is meant for.' })
  const strange = layers.find(({ mediaType }) => !/^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(foreign\.)?diff\.tar)([.+](gzip|zstd))?$/.test(mediaType))
  if (strange) throw new EngineError('not-implemented', `layer ${strange.digest} has the unsupported media type ${JSON.stringify(strange.mediaType)}`, { reason: 'unknown-layer' })
}

const isKnown = (type: string) => isIndexType(type) || isManifestType(type)
const guess = (document: Record<string, unknown>) => ('manifests' in document ? mediaTypes.ociIndex : 'config' in document ? mediaTypes.ociManifest : '')

function toManifest(document: Record<string, unknown>): Manifest {
  const layers = descriptors(document['layers'], 'layers')
  if (layers.length > LAYER_LIMIT) throw invalid(`has ${layers.length} layers; at most ${LAYER_LIMIT} can be stacked`)
  return { ...document, schemaVersion: 2, config: descriptor(document['config'], 'config'), layers }
}

function descriptors(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(`${where} is not a list`)
  return value.map((one, index) => descriptor(one, `${where}[${index}]`))
}

function descriptor(value: unknown, where: string): Descriptor {
  const { mediaType, digest, size } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid(`${where} has the invalid digest ${JSON.stringify(String(digest).slice(0, 100))}`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(`${where} has an invalid size`)
  if (typeof mediaType !== 'string') throw invalid(`${where} has no mediaType`)
  return value as Descriptor
}

function parseObject(content: Uint8Array): Record<string, unknown> {
  try {
    const value = parseJson(Buffer.from(content).toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Told below.
  }
  throw invalid('is not a JSON object')
}

const invalid = (what: string) => new EngineError('invalid-argument', `invalid manifest: ${what}`, { reason: 'invalid-manifest' })
const ambiguous = (what: string) => new EngineError('invalid-argument', `ambiguous manifest refused: ${what}`, { reason: 'ambiguous-manifest' })
