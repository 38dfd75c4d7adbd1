import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import { tarOf, type Item } from '../../../core/layers/testing/tar-builder.ts'
import { startTestImages } from '../../../services/images/testing/test-images.ts'
import type { OciAccess } from '../needs.ts'
import { createOciServer } from '../server.ts'

export const digestOf = (content: Uint8Array | string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`
export const describe = (mediaType: string, content: Buffer) => ({ mediaType, digest: digestOf(content), size: content.length })

/** An image as a client has it before a push. */
export interface LocalImage {
  config: Buffer
  layers: Buffer[]
  manifest: Buffer
  digest: string
  id: string
}

export function localImage(layers: Item[][], { os = 'linux', architecture = 'amd64', diffIds, subject, mediaType = mediaTypes.ociManifest, pack = gzipSync }: { os?: string; architecture?: string; diffIds?: string[]; subject?: object; mediaType?: string; pack?: (tar: Buffer) => Buffer } = {}): LocalImage {
  const tars = layers.map((items) => tarOf(...items))
  const blobs = tars.map((tar) => pack(tar))
  const config = Buffer.from(JSON.stringify({ os, architecture, created: '2026-01-01T00:00:00Z', config: { Cmd: ['sh'] }, rootfs: { type: 'layers', diff_ids: diffIds ?? tars.map(digestOf) } }))
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: describe(mediaTypes.ociConfig, config), layers: blobs.map((blob) => describe(mediaTypes.ociLayerGzip, blob)), ...(subject && { subject }) }))
  return { config, layers: blobs, manifest, digest: digestOf(manifest), id: digestOf(config) }
}

/** The images of a folder of its own, served on loopback to whoever `access` lets in. */
export async function startServed(access: OciAccess = { authorize: () => Promise.resolve() }) {
  await using undo = new AsyncDisposableStack()
  const here = undo.use(await startTestImages())
  undo.use(here.images.served)
  const logged: string[] = []
  const server = createOciServer({ images: here.images.served, access, log: (line) => void logged.push(line) })
  const open = await server.open({ host: '127.0.0.1', port: 0 })
  undo.defer(() => open.close())
  const base = `http://127.0.0.1:${open.port}`
  const call = (method: string, path: string, { headers, body }: { headers?: Record<string, string>; body?: Uint8Array | string } = {}) => fetch(path.startsWith('http') ? path : `${base}${path}`, { method, redirect: 'manual', ...(headers && { headers }), ...(body !== undefined && { body: body as string }) })
  const pushBlob = async (repository: string, content: Buffer) => {
    const response = await call('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(content)}`, { headers: { 'Content-Type': 'application/octet-stream' }, body: content })
    if (response.status !== 201) throw new Error(`blob: ${response.status} ${await response.text()}`)
  }
  const putManifest = (repository: string, reference: string, content: Buffer | string, mediaType: string = mediaTypes.ociManifest) => call('PUT', `/v2/${repository}/manifests/${reference}`, { headers: { 'Content-Type': mediaType }, body: content })
  const kept = undo.move()
  return {
    ...here,
    port: open.port,
    logged,
    call,
    pushBlob,
    putManifest,
    /** All of it, as clients do: blobs first. */
    async push(repository: string, tag: string, image: LocalImage) {
      for (const blob of [image.config, ...image.layers]) await pushBlob(repository, blob)
      return await putManifest(repository, tag, image.manifest)
    },
    /** The OCI error code. */
    async errorOf(response: Response): Promise<string> {
      const { errors } = (await response.json()) as { errors: { code: string; message: string }[] }
      return errors[0]!.code
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
export type Served = Awaited<ReturnType<typeof startServed>>
