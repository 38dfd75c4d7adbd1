import { EngineError } from '../errors.ts'
import { isDigest, type Digest } from './digest.ts'

/**
 * A parsed name of an image, normalised by Docker's rules: `busybox` is `docker.io/library/busybox`. A tag and a digest may both be
 * given; the digest then decides (https://pkg.go.dev/github.com/distribution/reference).
 */
export interface Reference {
  /** Host with optional port: `docker.io`, `127.0.0.1:5000`. */
  registry: string
  /** `library/busybox`. */
  repository: string
  tag?: string
  digest?: Digest
}

export const DEFAULT_REGISTRY = 'docker.io'
const DEFAULT_NAMESPACE = 'library/'
const NAME_LIMIT = 255

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const HOST_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const REGISTRY = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const TAG = /^\w[\w.-]{0,127}$/
const HEX64 = /^[a-f0-9]{64}$/

/**
 * Parses what a user typed. The tag stays absent when none is given; see {@link withDefaultTag}.
 * @throws EngineError invalid-argument in the words of Docker's own parser.
 */
export function parseReference(text: string): Reference {
  if (HEX64.test(text)) throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`)
  const { name, digest } = splitDigest(text)
  const { path, tag } = splitTag(name)
  const { registry, repository } = splitRegistry(path)
  if (repository !== repository.toLowerCase()) throw invalid(`invalid reference format: repository name (${repository}) must be lowercase`)
  if (!REPOSITORY.test(repository) || !REGISTRY.test(registry) || (tag !== undefined && !TAG.test(tag))) throw invalid('invalid reference format')
  if (registry.length + 1 + repository.length > NAME_LIMIT) throw invalid(`invalid reference format: repository name must not be more than ${NAME_LIMIT} characters`)
  return { registry, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

/** Undefined where {@link parseReference} would throw. */
export function findReference(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch {
    return undefined
  }
}

function splitDigest(text: string): { name: string; digest?: Digest } {
  const at = text.indexOf('@')
  if (at < 0) return { name: text }
  const digest = text.slice(at + 1)
  if (!isDigest(digest)) throw invalid('invalid reference format')
  return { name: text.slice(0, at), digest }
}

function splitTag(name: string): { path: string; tag?: string } {
  const colon = name.lastIndexOf(':')
  if (colon < 0 || name.indexOf('/', colon) >= 0) return { path: name }
  return { path: name.slice(0, colon), tag: name.slice(colon + 1) }
}

function splitRegistry(path: string): { registry: string; repository: string } {
  const slash = path.indexOf('/')
  const first = path.slice(0, Math.max(slash, 0))
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const registry = isHost ? (first === 'index.docker.io' ? DEFAULT_REGISTRY : first) : DEFAULT_REGISTRY
  const rest = isHost ? path.slice(slash + 1) : path
  return { registry, repository: registry === DEFAULT_REGISTRY && !rest.includes('/') ? DEFAULT_NAMESPACE + rest : rest }
}

/** `latest` where neither tag nor digest is given. */
export const withDefaultTag = (reference: Reference): Reference => (reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference)

/** `registry/repository` in full. */
export const repositoryName = (reference: Reference): string => `${reference.registry}/${reference.repository}`

/** The full form, `docker.io/library/busybox:latest`: a key for records. */
export const formatReference = (reference: Reference): string => repositoryName(reference) + suffixOf(reference)

/** The form shown to people and by Docker's API: `busybox:latest`. */
export const familiarName = (reference: Reference): string => familiarRepository(reference) + suffixOf(reference)

/** The name without tag or digest as shown to people: `busybox`. */
export function familiarRepository({ registry, repository }: Reference): string {
  if (registry !== DEFAULT_REGISTRY) return `${registry}/${repository}`
  const rest = repository.startsWith(DEFAULT_NAMESPACE) ? repository.slice(DEFAULT_NAMESPACE.length) : repository
  return rest.includes('/') ? repository : rest
}

const suffixOf = ({ tag, digest }: Reference) => (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`)

const invalid = (message: string) =>
  new EngineError('invalid-argument', message, { reason: 'invalid-reference', field: 'image', hint: 'An image name looks like name, name:tag, registry.example:5000/group/name:tag or name@sha256:….' })
