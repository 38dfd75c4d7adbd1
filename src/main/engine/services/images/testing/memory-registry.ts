import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { buffer } from 'node:stream/consumers'
import { mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'
import { tarOf, type Item } from '../../../core/layers/testing/tar-builder.ts'
import { sendJson, serveLoopback, type LoopbackServer } from '../../../core/registry/testing/loopback-server.ts'

export const digestOf = (content: Uint8Array): Digest => `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest

export interface TestImage {
  name: string
  manifest: Descriptor
  config: Descriptor
  layers: Descriptor[]
}
export interface ImageOptions {
  config?: object
  platform?: { architecture: string; os: string; variant?: string }
  compress?: (tar: Buffer) => Buffer
  layerType?: string
  /** What the config claims instead of the truth. */
  diffIds?: string[]
}

/** A registry of the distribution protocol, in memory behind a real HTTP server, that can be told to misbehave. */
export interface MemoryRegistry extends LoopbackServer {
  blobs: Map<string, Buffer>
  manifests: Map<string, { mediaType: string; content: Buffer }>
  /** Called for each blob request; may answer itself (true). */
  onBlob: ((request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean) | undefined
  image(repository: string, tag: string, layers: Item[][], options?: ImageOptions): TestImage
  index(repository: string, tag: string, images: { image: TestImage; platform: ImageOptions['platform'] }[]): Digest
}

export async function startMemoryRegistry(): Promise<MemoryRegistry> {
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, { mediaType: string; content: Buffer }>()
  const server = await serveLoopback((request, response) => void answer(registry, request, response))
  const put = (repository: string, mediaType: string, content: Buffer): Descriptor => {
    blobs.set(`${repository}@${digestOf(content)}`, content)
    return { mediaType, digest: digestOf(content), size: content.length }
  }
  const publish = (repository: string, tag: string, mediaType: string, document: object): Descriptor => {
    const content = Buffer.from(JSON.stringify(document))
    for (const key of [tag, digestOf(content)]) manifests.set(`${repository}:${key}`, { mediaType, content })
    return { mediaType, digest: digestOf(content), size: content.length }
  }
  const registry: MemoryRegistry = {
    ...server,
    blobs,
    manifests,
    onBlob: undefined,
    image(repository, tag, items, { config = {}, platform = { os: 'linux', architecture: 'amd64' }, compress = gzipSync, layerType = mediaTypes.ociLayerGzip, diffIds } = {}) {
      const tars = items.map((layer) => tarOf(...layer))
      const layers = tars.map((tar) => put(repository, layerType, compress(tar)))
      const history = tars.map((_, index) => ({ created: '2026-01-01T00:00:00Z', created_by: `layer ${index}` }))
      const described = put(repository, mediaTypes.ociConfig, Buffer.from(JSON.stringify({ ...platform, created: '2026-01-01T00:00:00Z', config, rootfs: { type: 'layers', diff_ids: diffIds ?? tars.map(digestOf) }, history })))
      const manifest = publish(repository, tag, mediaTypes.ociManifest, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: described, layers })
      return { name: `${server.host}/${repository}:${tag}`, manifest, config: described, layers }
    },
    index(repository, tag, images) {
      const entries = images.map(({ image, platform }) => ({ ...image.manifest, platform }))
      return publish(repository, tag, mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: entries }).digest
    },
  }
  return registry
}

async function answer(registry: MemoryRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://x')
  const [, repository = '', kind = '', rest = ''] = /^\/v2\/(.+?)\/(manifests|blobs|tags)\/(.*)$/.exec(url.pathname) ?? []
  if (kind === 'tags') return sendJson(response, 200, { tags: [...registry.manifests.keys()].filter((key) => key.startsWith(`${repository}:`) && !key.includes('sha256')).map((key) => key.slice(repository.length + 1)) })
  if (kind === 'manifests') return answerManifest(registry, request, response, `${repository}:${rest}`)
  if (kind === 'blobs' && rest.startsWith('uploads/')) return answerUpload(registry, request, response, repository, url)
  const content = registry.blobs.get(`${repository}@${rest}`)
  if (!content) return sendJson(response, 404, { errors: [{ code: 'BLOB_UNKNOWN', message: 'blob unknown' }] })
  if (request.method === 'GET' && registry.onBlob?.(request, response, content)) return
  sendBlob(request, response, content)
}

/** The blob, or the part of it that was asked for. */
export function sendBlob(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, ...(from > 0 && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }) })
  response.end(request.method === 'HEAD' ? undefined : content.subarray(from))
}

async function answerManifest({ manifests }: MemoryRegistry, request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
  if (request.method === 'PUT') {
    const content = await buffer(request)
    const stored = { mediaType: request.headers['content-type'] ?? '', content }
    for (const name of [key, `${key.slice(0, key.lastIndexOf(':'))}:${digestOf(content)}`]) manifests.set(name, stored)
    return sendJson(response, 201, {})
  }
  const found = manifests.get(key)
  if (!found) return sendJson(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] })
  response.writeHead(200, { 'content-type': found.mediaType, 'content-length': found.content.length }).end(found.content)
}

async function answerUpload({ blobs }: MemoryRegistry, request: IncomingMessage, response: ServerResponse, repository: string, url: URL): Promise<void> {
  const mounted = url.searchParams.get('mount')
  const other = mounted && blobs.get(`${url.searchParams.get('from')}@${mounted}`)
  if (request.method === 'POST' && other) {
    blobs.set(`${repository}@${mounted}`, other)
    return void response.writeHead(201).end()
  }
  if (request.method === 'POST') return void response.writeHead(202, { location: `/v2/${repository}/blobs/uploads/1?state=s` }).end()
  const content = await buffer(request)
  if (digestOf(content) !== url.searchParams.get('digest')) return sendJson(response, 400, { errors: [{ code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' }] })
  blobs.set(`${repository}@${digestOf(content)}`, content)
  response.writeHead(201).end()
}
