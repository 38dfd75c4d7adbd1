import type { Registries } from '#shared/contract/registries.ts'
import { DEFAULT_REGISTRY, findReference } from '#shared/oci/reference.ts'

/** Whom to ask for images by a word, and in which words: a word that names its registry is for that one alone, any other for Docker Hub and every registry that the user has set up. */
export function searchPlaces(term: string, registries: Pick<Registries, 'accounts' | 'insecure'> | undefined): { registry: string; term: string }[] {
  const named = findReference(term)?.registry
  if (named !== undefined && named !== DEFAULT_REGISTRY) return [{ registry: named, term }]
  const known = [...(registries?.accounts ?? []).map(({ registry }) => registry), ...(registries?.insecure ?? [])]
  // Networks (127.0.0.0/8, ::1/128) are no registries.
  const others = [...new Set(known)].filter((registry) => registry !== DEFAULT_REGISTRY && !registry.includes('/'))
  return [{ registry: DEFAULT_REGISTRY, term }, ...others.map((registry) => ({ registry, term: `${registry}/${term}` }))]
}
