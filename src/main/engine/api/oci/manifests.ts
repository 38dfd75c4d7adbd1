import { mediaTypes } from '#shared/oci/descriptor.ts'
import { bodyOf, pageOf, reply, replyJson, type Answer, type Call } from './call.ts'
import type { OciNeeds } from './needs.ts'

/** What registries take at least, and clients expect at most: spec.md#pushing-manifests. */
const MANIFEST_LIMIT = 4 * 1024 * 1024

export const catalogAnswers = (images: OciNeeds): Record<'catalog' | 'tags' | 'referrers', Answer> => ({
  catalog(call) {
    const { items, headers } = pageOf(call, '/v2/_catalog', images.repositories())
    replyJson(call, { repositories: items }, headers)
  },
  tags(call) {
    const { items, headers } = pageOf(call, `/v2/${call.name}/tags/list`, images.tags(call.name))
    replyJson(call, { name: call.name, tags: items }, headers)
  },
  referrers(call) {
    const artifactType = call.query.get('artifactType') ?? undefined
    const manifests = images.referrers(call.name, call.reference, artifactType)
    replyJson(call, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, { 'Content-Type': mediaTypes.ociIndex, ...(artifactType !== undefined && { 'OCI-Filters-Applied': 'artifactType' }) })
  },
})

export const manifestAnswers = (images: OciNeeds): Record<'GET' | 'HEAD' | 'PUT' | 'DELETE', Answer> => {
  const get: Answer = async (call) => {
    const { descriptor, content } = await images.manifest(call.name, call.reference, acceptedBy(call), call.signal)
    const headers = { 'Content-Type': descriptor.mediaType, 'Docker-Content-Digest': descriptor.digest, ETag: `"${descriptor.digest}"`, Vary: 'Accept' }
    if (matches(call, headers.ETag)) return reply(call, 304, headers)
    reply(call, 200, headers, content)
  }
  return {
    GET: get,
    HEAD: get,
    async PUT(call) {
      const content = await bodyOf(call, MANIFEST_LIMIT)
      const mediaType = call.request.headers['content-type']?.split(';')[0]?.trim() ?? ''
      const { descriptor, subject, warning } = await images.putManifest(call.name, call.reference, { content, mediaType, signal: call.signal })
      reply(call, 201, {
        Location: `/v2/${call.name}/manifests/${descriptor.digest}`,
        'Docker-Content-Digest': descriptor.digest,
        ...(subject !== undefined && { 'OCI-Subject': subject }),
        ...(warning !== undefined && { Warning: `299 - "${warning.replaceAll(/[^\x20-\x7e]|["\\]/g, "'")}"` }),
      })
    },
    async DELETE(call) {
      await images.removeManifest(call.name, call.reference)
      reply(call, 202)
    },
  }
}

/** The types of all Accept headers; undefined where there is none. */
function acceptedBy({ request }: Call): string[] | undefined {
  const accept = request.headers.accept
  return accept === undefined ? undefined : accept.split(',').map((one) => one.split(';')[0]!.trim())
}

/** Whether the client has it already. */
export const matches = ({ request }: Call, etag: string): boolean => (request.headers['if-none-match'] ?? '').split(',').some((one) => [etag, '*'].includes(one.trim().replace(/^W\//, '')))
