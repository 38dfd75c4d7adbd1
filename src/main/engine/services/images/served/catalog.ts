import { EngineError } from '#shared/errors.ts'
import { parseReference, repositoryName } from '#shared/oci/reference.ts'
import { isTag } from '../image-filters.ts'
import type { ImageRecords, NameRecord } from '../records.ts'
import { repositoryOf, type Repository } from './repository-name.ts'

/** In lexical order. */
export function listRepositories(records: ImageRecords): string[] {
  const local = new Set([...records.names.list().map(({ name }) => repositoryName(parseReference(name))), ...records.kept.list().map(({ repository }) => repository)])
  return [...new Set([...local].flatMap((name) => repositoryOf(name) ?? []))].sort()
}

/** In lexical order. @throws not-found */
export function listTags(records: ImageRecords, repository: Repository): string[] {
  const named = namesIn(records, repository)
  const kept = keptIn(records, repository)
  if (named.length === 0 && kept.length === 0) throw new EngineError('not-found', `no repository ${repository.name}`, { reason: 'no-such-repository' })
  return [...new Set([...named.filter(({ name }) => isTag(name)).map(({ name }) => name.slice(repository.local.length + 1)), ...kept.flatMap(({ tags }) => tags)])].sort()
}

/** Tags and `repository@digest`. */
export const namesIn = (records: ImageRecords, { local }: Repository): NameRecord[] => records.names.list().filter(({ name }) => name.startsWith(`${local}:`) || name.startsWith(`${local}@`))

export const keptIn = (records: ImageRecords, { local }: Repository) => records.kept.list().filter(({ repository }) => repository === local)
