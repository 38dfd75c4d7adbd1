import { EngineError } from '#shared/errors.ts'
import { familiarRepository, parseReference } from '#shared/oci/reference.ts'
import type { Query } from '../router.ts'

const TAG = /^\w[\w.-]{0,127}$/

/** The name that `repo` and `tag` ask for together; undefined where there is no `repo`. The tag wins over one in `repo`, as with Docker. @throws invalid-argument */
export function taggedName(query: Pick<Query, 'text'>): string | undefined {
  const [repository, tag] = [query.text('repo'), query.text('tag')]
  if (!repository) return undefined
  const reference = parseReference(repository)
  if (reference.digest !== undefined) throw new EngineError('invalid-argument', 'cannot import digest reference', { reason: 'digest-tag', hint: 'A digest is computed of what an image holds: give a name and a tag.' })
  if (!tag) return repository
  if (!TAG.test(tag)) throw new EngineError('invalid-argument', 'invalid tag format', { reason: 'invalid-reference', field: 'tag' })
  return `${familiarRepository(reference)}:${tag}`
}
