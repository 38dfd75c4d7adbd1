import { EngineError } from '#shared/errors.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Platform } from '#shared/oci/platform.ts'
import { DEFAULT_REGISTRY, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import { sortTags } from '#shared/images/tag-order.ts'
import { parseManifest } from '../../core/registry/parse-manifest.ts'
import type { SearchResult } from '../../core/registry/registry.ts'
import type { RegistryAuth, RepositoryTags, SearchRequest, TagsRequest } from './images-service.ts'
import { parseConfig } from './read-config.ts'
import type { Service } from './service.ts'
import { buffer } from 'node:stream/consumers'

const CONFIG_LIMIT = 8 * 1024 * 1024

export async function searchImages({ registry }: Service, term: string, { filters = {}, ...options }: SearchRequest = {}): Promise<SearchResult[]> {
  const strange = Object.keys(filters).find((name) => !['is-automated', 'is-official', 'stars'].includes(name))
  if (strange !== undefined) throw new EngineError('invalid-argument', `invalid filter '${strange}'`, { reason: 'invalid-filter' })
  const stars = Math.max(0, ...(filters['stars'] ?? []).map(numberOf))
  const official = flagOf(filters, 'is-official')
  const automated = flagOf(filters, 'is-automated')
  const results = await registry.search(term, options)
  return results.filter((one) => one.starCount >= stars && (official === undefined || one.isOfficial === official) && (automated === undefined || one.isAutomated === automated)).slice(0, options.limit ?? 25)
}

function numberOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new EngineError('invalid-argument', `invalid filter 'stars=${text}'`, { reason: 'invalid-filter' })
}

function flagOf(filters: Readonly<Record<string, readonly string[]>>, name: string): boolean | undefined {
  const value = filters[name]?.[0]
  if (value === undefined) return undefined
  if (value !== 'true' && value !== 'false') throw new EngineError('invalid-argument', `invalid filter '${name}=[${value}]'`, { reason: 'invalid-filter' })
  return value === 'true'
}

/** The tags of a repository, in the order of {@link sortTags}; those beyond `limit` are only counted. */
export async function listTags({ registry }: Service, name: string, { limit = Infinity, auth, signal }: TagsRequest = {}): Promise<RepositoryTags> {
  const { registry: host, repository } = parseReference(name)
  const tags = sortTags(await registry.repository({ registry: host, repository }, auth).tags(signal))
  return { tags: tags.slice(0, limit), total: tags.length }
}

/** What a registry has under a name, and for which platforms. */
export async function inspectDistribution({ registry }: Service, name: string, auth?: RegistryAuth, signal?: AbortSignal): Promise<{ descriptor: Descriptor; platforms: Platform[] }> {
  const reference = withDefaultTag(parseReference(name))
  const repository = registry.repository(reference, auth)
  const { descriptor, content } = await repository.manifest(reference.digest !== undefined ? { digest: reference.digest } : { tag: reference.tag! }, signal)
  const parsed = parseManifest(content, descriptor.mediaType)
  if (parsed.kind === 'index') return { descriptor, platforms: parsed.index.manifests.flatMap(({ platform }) => (platform ? [platform] : [])) }
  if (parsed.manifest.config.size > CONFIG_LIMIT) throw new EngineError('resource-exhausted', 'the image config is too large', { reason: 'blob-too-large' })
  const { stream } = await repository.blob(parsed.manifest.config, 0, signal)
  const { os, architecture, variant } = parseConfig(await buffer(stream))
  return { descriptor, platforms: [{ architecture, os, ...(variant && { variant }) }] }
}

/** The names under which docker clients know Docker Hub. */
const HUB_ADDRESS = /^(https:\/\/)?(index\.|registry-1\.)?docker\.io(\/v1\/?)?$/

export async function authenticate({ registry }: Service, auth: RegistryAuth, signal?: AbortSignal): Promise<{ identityToken: string }> {
  const address = auth.serverAddress ?? ''
  const host = address === '' || HUB_ADDRESS.test(address) ? DEFAULT_REGISTRY : address.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  const { identityToken = '' } = await registry.authenticate(host, auth, signal)
  return { identityToken }
}
