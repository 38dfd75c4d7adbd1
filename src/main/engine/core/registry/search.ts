import { EngineError, messageOf } from '#shared/errors.ts'
import { endpointsOf } from './endpoints.ts'
import { bodyOf, type Http } from './http.ts'
import type { RegistryOptions, SearchOptions, SearchResult } from './registry.ts'
import { firstAnswering, nextPage, Session } from './session.ts'
import { registryError } from './registry-error.ts'

const ANSWER_LIMIT = 4 * 1024 * 1024
const DEFAULT_LIMIT = 25
const HUB = 'https://index.docker.io'

/** The old search of registries, `/v1/search?q=`, which Docker Hub and some others still answer; of any other its catalog is read for names that hold the word. */
export async function search(http: Http, options: RegistryOptions, term: string, { limit, auth, signal }: SearchOptions): Promise<SearchResult[]> {
  if (term.includes('://')) throw new EngineError('invalid-argument', 'invalid repository name: repository name (%s) should not have a scheme'.replace('%s', term), { reason: 'invalid-search' })
  const slash = term.indexOf('/')
  const first = term.slice(0, Math.max(0, slash))
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost') && !['docker.io', 'index.docker.io'].includes(first)
  const query = isHost ? term.slice(slash + 1) : term.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  const endpoints = isHost ? endpointsOf(first, options) : [{ origin: new URL(options.searchEndpoint ?? HUB).origin, prefix: '', mirror: false, insecure: (options.searchEndpoint ?? HUB).startsWith('http:') }]
  const sessions = endpoints.map((endpoint) => new Session(endpoint, http, options, auth ?? {}))
  return firstAnswering(sessions, async (session) => {
    const path = `/v1/search?q=${encodeURIComponent(query)}&n=${limit ?? DEFAULT_LIMIT}`
    const response = await session.send({ method: 'GET', path, scopes: [], ...(signal && { signal }) })
    const body = parse(await bodyOf(response, ANSWER_LIMIT))
    if (response.status === 404 && isHost) return (await catalogOf(session, first, signal)).filter((name) => name.includes(query)).map((name) => plain(`${first}/${name}`))
    if (response.status !== 200) throw registryError(response.status, body, `search on ${isHost ? first : 'Docker Hub'}`)
    return toResults(body)
  })
}

/** Repositories that are looked through, at most. */
const CATALOG_LIMIT = 20_000
const plain = (name: string): SearchResult => ({ name, description: '', starCount: 0, isOfficial: false, isAutomated: false })

/** https://github.com/distribution/distribution/blob/main/docs/content/spec/api.md#listing-repositories: not of the OCI specification, but of nearly every registry of one's own. */
async function catalogOf(session: Session, host: string, signal: AbortSignal | undefined): Promise<string[]> {
  const names: string[] = []
  for (let path = '/v2/_catalog?n=1000'; ; ) {
    const response = await session.send({ method: 'GET', path, scopes: ['registry:catalog:*'], ...(signal && { signal }) })
    const body = parse(await bodyOf(response, ANSWER_LIMIT))
    if (response.status !== 200) throw registryError(response.status, body, `search on ${host}`)
    const { repositories } = body as { repositories?: unknown }
    if (Array.isArray(repositories)) names.push(...repositories.filter((name): name is string => typeof name === 'string' && /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(name)))
    const next = nextPage(response)
    if (next === undefined || names.length >= CATALOG_LIMIT) return names
    path = next
  }
}

function toResults(body: unknown): SearchResult[] {
  const { results } = (typeof body === 'object' && body !== null ? body : {}) as { results?: unknown }
  if (!Array.isArray(results)) throw new EngineError('unavailable', 'the registry gave an answer to the search that cannot be read', { reason: 'not-a-registry' })
  return (results as Record<string, unknown>[]).map((one) => ({
    name: String(one['name'] ?? ''),
    description: String(one['description'] ?? ''),
    starCount: Number(one['star_count'] ?? 0) || 0,
    isOfficial: one['is_official'] === true,
    isAutomated: one['is_automated'] === true,
  }))
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString())
  } catch (error) {
    return { details: messageOf(error) }
  }
}
