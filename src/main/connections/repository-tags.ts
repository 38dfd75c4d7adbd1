import type { TagsRequest } from '#shared/contract/images.ts'
import { EngineError } from '#shared/errors.ts'
import { parseReference } from '#shared/oci/reference.ts'
import type { Connection } from './connection.ts'

/** More than anyone reads; what is typed narrows them. */
const LIMIT = 2_000

/** Docker's API has no way to ask for the tags of a repository. */
export async function repositoryTags({ api, summary }: Pick<Connection, 'api' | 'summary'>, { repository }: TagsRequest, signal: AbortSignal): Promise<string[]> {
  const { state } = summary()
  if (state.status === 'ready' && !state.facts.slipway) throw new EngineError('not-implemented', 'This engine does not tell which tags a repository has.', { reason: 'needs-slipway', hint: 'Type the tag.' })
  const { Tags } = await api.json<{ Tags?: string[] | null }>('GET', '/slipway/images/tags', { query: { name: repository, limit: LIMIT }, signal, registry: parseReference(repository).registry })
  return Tags ?? []
}
