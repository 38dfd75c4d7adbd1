import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import { isDigest, type Digest } from '#shared/oci/digest.ts'
import type { Reference } from '#shared/oci/reference.ts'
import { digestOf } from '../content/blob-reader.ts'
import { mismatch } from '../content/verified-stream.ts'
import { bodyOf, type HttpResponse } from './http.ts'
import { pushBlob } from './push-blob.ts'
import { failure } from './registry-error.ts'
import type { FetchedManifest, Repository } from './registry.ts'
import { firstAnswering, nextPage, repositoryScope, type Session } from './session.ts'

/** Registries refuse manifests above this. */
const MANIFEST_LIMIT = 4 * 1024 * 1024
const ACCEPT = [mediaTypes.ociIndex, mediaTypes.ociManifest, mediaTypes.dockerManifestList, mediaTypes.dockerManifest, 'application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.5', '*/*;q=0.1'].join(', ')

export function openRepository(reference: Reference, sessions: readonly Session[]): Repository {
  const pull = [repositoryScope(reference, 'pull')]
  const push = [repositoryScope(reference, 'pull,push')]
  const base = `/v2/${reference.repository}`
  /** Whoever answered first answers the rest. */
  let chosen: Session | undefined
  const ask = async <Result>(attempt: (session: Session) => Promise<Result>): Promise<Result> =>
    firstAnswering(chosen ? [chosen, ...sessions.filter((session) => session !== chosen)] : sessions, async (session) => {
      const result = await attempt(session)
      chosen = session
      return result
    })
  /** Mirrors are for pulling. */
  const askOrigin = async <Result>(attempt: (session: Session) => Promise<Result>) => firstAnswering(chosen && !chosen.endpoint.mirror ? [chosen] : sessions.filter((session) => !session.endpoint.mirror), async (session) => ((chosen = session), await attempt(session)))
  const signalled = (signal: AbortSignal | undefined) => signal && { signal }

  return {
    reference,
    manifest: (target, signal) =>
      ask(async (session) => {
        const name = 'tag' in target ? target.tag : target.digest
        const response = await session.send({ method: 'GET', path: `${base}/manifests/${name}`, scopes: pull, headers: { accept: ACCEPT }, ...signalled(signal) })
        await assertRegistry(response, session)
        if (response.status !== 200) throw await failure(response, 'tag' in target ? { ...reference, tag: target.tag } : reference, 'pull')
        return readManifest(response, 'digest' in target ? target.digest : undefined)
      }),
    blob: (descriptor, offset, signal) =>
      ask(async (session) => {
        const headers = offset > 0 ? { range: `bytes=${offset}-` } : undefined
        const response = await session.send({ method: 'GET', path: `${base}/blobs/${descriptor.digest}`, scopes: pull, ...(headers && { headers }), ...signalled(signal) })
        return readBlob(response, descriptor, offset, reference)
      }),
    tags: (signal) => ask((session) => listTags(session, base, pull, reference, signal)),
    hasBlob: (digest, signal) =>
      askOrigin(async (session) => {
        const response = await session.send({ method: 'HEAD', path: `${base}/blobs/${digest}`, scopes: push, ...signalled(signal) })
        response.body.resume()
        if (response.status === 200) return true
        if (response.status === 404) return false
        throw await failure(response, reference, 'push')
      }),
    mountBlob: (digest, from, signal) =>
      askOrigin(async (session) => {
        const scopes = [...push, `repository:${from}:pull`]
        const response = await session.send({ method: 'POST', path: `${base}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`, scopes, ...signalled(signal) })
        response.body.resume()
        return response.status === 201
      }),
    pushBlob: (descriptor, open, options) => askOrigin((session) => pushBlob({ session, base, scopes: push, reference, descriptor, open, ...options })),
    pushManifest: (target, mediaType, content, signal) =>
      askOrigin(async (session) => {
        const response = await session.send({ method: 'PUT', path: `${base}/manifests/${target}`, scopes: push, headers: { 'content-type': mediaType }, body: content, ...signalled(signal) })
        if (response.status !== 201 && response.status !== 200 && response.status !== 202) throw await failure(response, reference, 'push')
        response.body.resume()
        return digestOf(content)
      }),
  }
}

/** An http request to a TLS port, a web server that is no registry: told apart so that the next way of speaking is tried. */
async function assertRegistry(response: HttpResponse, session: Session): Promise<void> {
  if (response.status !== 400 || !session.endpoint.insecure || !session.endpoint.origin.startsWith('http:')) return
  const text = (await bodyOf(response, 64 * 1024)).toString()
  throw new EngineError('unavailable', `${session.endpoint.origin} does not speak the registry protocol: ${text.slice(0, 200).trim()}`, { reason: 'not-a-registry' })
}

async function readManifest(response: HttpResponse, pinned: Digest | undefined): Promise<FetchedManifest> {
  const content = await bodyOf(response, MANIFEST_LIMIT)
  const digest = digestOf(content)
  const claimed = response.headers['docker-content-digest']
  if (pinned !== undefined && digest !== pinned) throw mismatch({ digest: pinned }, `digest ${digest}`)
  if (claimed !== undefined && isDigest(claimed) && claimed !== digest) throw mismatch({ digest: claimed }, `digest ${digest}`)
  const mediaType = (response.headers['content-type'] ?? '').split(';')[0]!.trim()
  return { descriptor: { mediaType, digest, size: content.length }, content }
}

async function readBlob(response: HttpResponse, descriptor: Descriptor, offset: number, reference: Reference): Promise<{ stream: Readable; offset: number }> {
  if (response.status === 206 && offset > 0 && new RegExp(`^bytes ${offset}-`).test(response.headers['content-range'] ?? '')) return { stream: response.body, offset }
  if (response.status === 200) {
    const length = response.headers['content-length']
    if (length !== undefined && Number(length) !== descriptor.size) {
      response.body.destroy()
      throw mismatch(descriptor, `${length} bytes instead of ${descriptor.size}`)
    }
    return { stream: response.body, offset: 0 }
  }
  if (response.status === 404) {
    response.body.resume()
    throw new EngineError('not-found', `blob ${descriptor.digest} is not in ${reference.registry}/${reference.repository}: blob unknown`, { reason: 'blob-unknown' })
  }
  throw await failure(response, reference, 'pull')
}

async function listTags(session: Session, base: string, scopes: string[], reference: Reference, signal: AbortSignal | undefined): Promise<string[]> {
  const tags: string[] = []
  for (let path = `${base}/tags/list`; ; ) {
    const response = await session.send({ method: 'GET', path, scopes, ...(signal && { signal }) })
    await assertRegistry(response, session)
    if (response.status !== 200) throw await failure(response, reference, 'pull')
    const page = JSON.parse((await bodyOf(response, MANIFEST_LIMIT)).toString()) as { tags?: unknown }
    if (Array.isArray(page.tags)) tags.push(...page.tags.filter((tag): tag is string => typeof tag === 'string' && /^\w[\w.-]{0,127}$/.test(tag)))
    const next = nextPage(response)
    if (next === undefined || tags.length > 100_000) return tags
    path = next
  }
}
