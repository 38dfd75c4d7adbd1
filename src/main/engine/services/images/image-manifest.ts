import { mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { Manifest } from '#shared/oci/manifest.ts'
import { digestOf } from '../../core/content/blob-reader.ts'
import { parseManifest } from '../../core/registry/parse-manifest.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'

export interface ManifestBytes {
  manifest: Manifest
  descriptor: Descriptor
  content: Uint8Array
}

/** The manifest the image came with, if all it names is still here. */
export async function originalManifest(service: Service, image: ImageRecord): Promise<ManifestBytes | undefined> {
  const { content } = service
  if (!image.manifest || !content.has(image.manifest.digest)) return undefined
  const bytes = await content.read(image.manifest)
  const parsed = parseManifest(bytes, image.manifest.mediaType)
  if (parsed.kind !== 'manifest' || (parsed.manifest.config.digest as string) !== image.id) return undefined
  return parsed.manifest.layers.every(({ digest }) => content.has(digest)) ? { manifest: parsed.manifest, descriptor: image.manifest, content: bytes } : undefined
}

/** In Docker's types, which every registry takes, unless a layer has a form that only OCI has a type for. */
export function makeManifest(service: Pick<Service, 'content'>, id: ImageId, layers: readonly Descriptor[], form: 'docker' | 'oci'): ManifestBytes {
  const isOci = form === 'oci' || layers.some(({ mediaType }) => mediaType.endsWith('zstd'))
  const mediaType = isOci ? mediaTypes.ociManifest : mediaTypes.dockerManifest
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: isOci ? mediaTypes.ociConfig : mediaTypes.dockerConfig, digest: id as string as Descriptor['digest'], size: service.content.sizeOf(id) },
    layers: layers.map(({ mediaType: own, digest, size }) => ({ mediaType: isOci ? ociType(own) : dockerType(own), digest, size })),
  }
  const content = Buffer.from(JSON.stringify(manifest))
  return { manifest, content, descriptor: { mediaType, digest: digestOf(content), size: content.length } }
}

const ociType = (type: string) => (type === mediaTypes.dockerLayerGzip ? mediaTypes.ociLayerGzip : type === mediaTypes.dockerLayer ? mediaTypes.ociLayer : type)
const dockerType = (type: string) => (type === mediaTypes.ociLayerGzip ? mediaTypes.dockerLayerGzip : type === mediaTypes.ociLayer ? mediaTypes.dockerLayer : type)
