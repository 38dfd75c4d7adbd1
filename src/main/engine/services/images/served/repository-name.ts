import { EngineError } from '#shared/errors.ts'
import { familiarRepository, findReference, repositoryName } from '#shared/oci/reference.ts'

/** A repository of this registry: what clients call it, and what its images are called here. */
export interface Repository {
  /** `web`, `team/web`, `ghcr.io/team/web`. */
  name: string
  /** `docker.io/library/web`: images here begin with it. */
  local: string
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/

/** `library/web` and `docker.io/web` are `web`, as for Docker: so the engine can be another's mirror of Docker Hub. @throws invalid-argument (invalid-repository) */
export function parseRepository(name: string): Repository {
  const reference = name.length <= 255 && NAME.test(name) ? findReference(name) : undefined
  if (!reference || reference.tag !== undefined) throw new EngineError('invalid-argument', `invalid repository name ${JSON.stringify(name.slice(0, 100))}`, { reason: 'invalid-repository', hint: 'Lower-case letters, digits, and between them one of . _ __ - or a slash.' })
  return { name: familiarRepository(reference), local: repositoryName(reference) }
}

/** The repository of a local name; undefined for one that clients cannot spell, because its registry has a port or capital letters. */
export function repositoryOf(local: string): string | undefined {
  const reference = findReference(local)
  const name = reference && familiarRepository(reference)
  return name !== undefined && NAME.test(name) ? name : undefined
}
