import { familiarRepository, findReference } from '#shared/oci/reference.ts'

/** It was pulled from, or pushed to, a registry that others reach under the same name. */
export function isPublic(reference: string, { RepoDigests }: { RepoDigests?: string[] | null }): boolean {
  const parsed = findReference(reference)
  if (!parsed || isLoopback(parsed.registry)) return false
  return (RepoDigests ?? []).some((digest) => digest.split('@')[0] === familiarRepository(parsed))
}
export const isLoopback = (host: string) => /^(localhost|127\.|\[?::1\]?)/.test(host)
