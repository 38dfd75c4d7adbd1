import type { Readable } from 'node:stream'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'
import type { Reference } from '#shared/oci/reference.ts'

/**
 * Registries: servers of the distribution protocol (https://github.com/opencontainers/distribution-spec).
 *
 * A **resolver** turns a reference into a descriptor, a **fetcher** a descriptor into bytes, a **pusher** bytes into the registry. A
 * {@link Repository} is one repository with the credentials for it, and does all three; it keeps the bearer token it was given
 * between calls, so open one per verb and throw it away.
 *
 * For docker.io the configured mirrors are asked first, and any failure of a mirror means the next endpoint. Plain http is spoken
 * only to loopback addresses and to the registries configured as insecure.
 *
 * Credentials go to the registry's own host and to the token service it names (https, or the registry itself where http is allowed) and
 * nowhere else: a redirect to a blob store carries none. Failures are told in the words Docker's clients know.
 */
export interface Registry extends AsyncDisposable {
  repository(reference: Reference, auth?: Credentials): Repository
  /** Docker Hub's search, or `/v1/search` of the registry that prefixes the term (`host:port/term`). */
  search(term: string, options: SearchOptions): Promise<SearchResult[]>
  /** Whether the credentials are good. Gives an identity token when the token service hands one out. @throws unauthorized */
  authenticate(registry: string, auth: Credentials, signal?: AbortSignal): Promise<{ identityToken?: string }>
}

export interface Repository {
  readonly reference: Reference
  /** Descriptor and bytes of the manifest or index by tag or digest, verified. @throws not-found, unauthorized, … in Docker's words. */
  manifest(target: { tag: string } | { digest: Digest }, signal?: AbortSignal): Promise<FetchedManifest>
  /** A blob from byte `offset` on. `offset` of the answer is 0 where the registry cannot resume. */
  blob(descriptor: Descriptor, offset: number, signal?: AbortSignal): Promise<{ stream: Readable; offset: number }>
  tags(signal?: AbortSignal): Promise<string[]>
  hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean>
  /** Makes a blob of another repository of the same registry appear here. False when the registry did not. */
  mountBlob(digest: Digest, from: string, signal?: AbortSignal): Promise<boolean>
  pushBlob(descriptor: Descriptor, open: () => Promise<Readable>, options?: PushOptions): Promise<void>
  /** Gives the digest the registry stored it under. */
  pushManifest(target: string, mediaType: string, content: Uint8Array, signal?: AbortSignal): Promise<Digest>
}

export interface FetchedManifest {
  descriptor: Descriptor
  content: Uint8Array
}

export interface PushOptions {
  signal?: AbortSignal
  onProgress?: (bytes: number) => void
}

/** What X-Registry-Auth carries for one registry. */
export interface Credentials {
  username?: string
  password?: string
  /** Refresh token for the token service. */
  identityToken?: string
  /** Bearer token to be sent as it is. */
  registryToken?: string
}

export interface SearchOptions {
  limit?: number
  auth?: Credentials
  signal?: AbortSignal
}

export interface SearchResult {
  name: string
  description: string
  starCount: number
  isOfficial: boolean
  isAutomated: boolean
}

export interface RegistryOptions {
  /** Tried in order before docker.io: `https://mirror.example`. */
  mirrors?: readonly string[]
  /** Hosts (`host[:port]`) or networks (`10.0.0.0/8`) that may be spoken to without TLS or with a certificate nobody signed. */
  insecure?: readonly string[]
  /** Folders with `<host[:port]>/*.crt` (and client.cert, client.key): Docker's certs.d. */
  certificateFolders?: readonly string[]
  /** Where the environment says nothing else; loopback is always spoken to directly. */
  proxy?: { http?: string; https?: string; none?: string }
  userAgent?: string
  /** Where Docker Hub's search answers. Default https://index.docker.io. */
  searchEndpoint?: string
  /** First pause in milliseconds before a failed request is tried again; it doubles. Default 250. */
  retryDelay?: number
}
