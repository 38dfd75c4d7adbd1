import type { IncomingMessage } from 'node:http'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import { isText, listOf, mapOf, orNull, type Kind } from '#shared/json-shape.ts'
import type { Located } from '../../core/dockerfile/dockerfile.ts'
import type { BuildMessage, BuildRequest } from '../../services/builder/builder.ts'
import type { MachineFolder } from '../../services/builder/machine-folder.ts'
import type { CacheEntry } from '../../services/builder/cache-entries.ts'
import type { PruneRequest } from '../../services/builder/prune-cache.ts'
import { parseJsonText } from '../json-text.ts'
import type { Query } from '../router.ts'
import { isUlimit } from '../streams/container-fields.ts'

type Decoded = Omit<BuildRequest, 'context' | 'signal' | 'onMessage'>

/** The query of POST /build: https://docs.docker.com/reference/api/engine/version/v1.50/#tag/Image/operation/ImageBuild */
export function decodeBuildQuery(query: Query, auths: BuildRequest['auths']): Decoded {
  return {
    dockerfile: query.text('dockerfile') || 'Dockerfile',
    tags: query.all('t').filter(Boolean),
    ...optional('target', query.text('target')),
    ...optional('platform', query.text('platform')),
    ...optional('shmSize', query.integer('shmsize')),
    ...optional('cgroupParent', query.text('cgroupparent')),
    buildArgs: jsonObject(query, 'buildargs', orNull(isText)) as Record<string, string | null>,
    labels: jsonObject(query, 'labels', isText) as Record<string, string>,
    noCache: query.flag('nocache'),
    pull: query.flag('pull'),
    squash: query.flag('squash'),
    quiet: query.flag('q'),
    network: query.text('networkmode') || 'default',
    entitlements: [],
    extraHosts: query.all('extrahosts').flatMap((list) => list.split(',')).filter(Boolean),
    cacheFrom: jsonArray(query, 'cachefrom', isText) as string[],
    limits: {
      ...optional('memory', query.integer('memory')),
      ...optional('memorySwap', query.integer('memswap')),
      ...optional('cpuShares', query.integer('cpushares')),
      ...optional('cpuPeriod', query.integer('cpuperiod')),
      ...optional('cpuQuota', query.integer('cpuquota')),
      ...optional('cpusetCpus', query.text('cpusetcpus')),
      ...optional('cpusetMems', query.text('cpusetmems')),
    },
    ulimits: (jsonArray(query, 'ulimits', isUlimit) as { Name: string; Soft?: number | null; Hard?: number | null }[]).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft ?? 0, hard: Hard ?? 0 })),
    auths,
  }
}

/** POST /slipway/build: as POST /build, and which folder. */
export function decodeFolderQuery(query: Query): MachineFolder {
  const needed = (name: string) => {
    const value = query.text(name)
    if (!value) throw new EngineError('invalid-argument', `${name} is missing`, { field: name })
    return value
  }
  return { path: needed('folder'), device: needed('device'), inode: needed('inode'), dockerfile: query.text('dockerfile') || 'Dockerfile' }
}

/** POST /build/prune: how much may stay was called keep-storage before API 1.48. */
export function decodePruneQuery(query: Query): PruneRequest {
  const keep = bytesOf(query, 'reserved-space') ?? bytesOf(query, 'keep-storage') ?? bytesOf(query, 'max-used-space')
  return { all: query.flag('all'), filters: query.filters(), ...(keep !== undefined && { keep }) }
}

function bytesOf(query: Query, name: string): number | undefined {
  const text = query.text(name)
  if (!text || text === '0') return undefined
  if (!/^\d+$/.test(text)) throw new EngineError('invalid-argument', `${name} is in bytes and expects an integer, got ${text}`, { field: name })
  return Number(text)
}

/** A row of `docker system df -v`. */
export const cacheEntryJson = (entry: CacheEntry) => ({
  ID: entry.id,
  ...(entry.parent !== undefined && { Parent: entry.parent, Parents: [entry.parent] }),
  Type: entry.type,
  Description: entry.description,
  InUse: entry.inUse,
  Shared: entry.shared,
  Size: entry.size,
  CreatedAt: entry.createdAt,
  LastUsedAt: entry.lastUsedAt ?? null,
  UsageCount: entry.usageCount,
})

const optional = <Key extends string, Value>(key: Key, value: Value | undefined | ''): { [Name in Key]?: Value } => (value === undefined || value === '' ? {} : { [key]: value }) as { [Name in Key]?: Value }

const JSON_PARAMETERS: Record<string, string> = { buildargs: 'build args', ulimits: 'ulimit settings', cachefrom: 'cache-from' }

function parseJson(query: Query, name: string): unknown {
  const text = query.text(name)
  if (!text) return undefined
  try {
    return parseJsonText(text)
  } catch (cause) {
    throw new EngineError('invalid-argument', `error reading ${JSON_PARAMETERS[name] ?? name}: ${messageOf(cause)}`, { cause })
  }
}

const jsonObject = (query: Query, name: string, fits: Kind): object => {
  const value = parseJson(query, name) ?? {}
  if (!mapOf(fits)(value)) throw new EngineError('invalid-argument', `the parameter ${name} is not a JSON object, or holds something of the wrong type`)
  return value as object
}
const jsonArray = (query: Query, name: string, fits: Kind): unknown[] => {
  const value = parseJson(query, name) ?? []
  if (!listOf(fits)(value)) throw new EngineError('invalid-argument', `the parameter ${name} is not a JSON array, or holds something of the wrong type`)
  return value as unknown[]
}

/** X-Registry-Config: base64 of `{"host":{"username":…,"password":…}}`; Go's client without credentials sends `null`. */
export function decodeRegistryConfig(request: IncomingMessage): BuildRequest['auths'] {
  const header = request.headers['x-registry-config']
  if (typeof header !== 'string' || header === '') return {}
  try {
    const value = JSON.parse(Buffer.from(header, 'base64').toString()) as Record<string, { username?: string; password?: string; identitytoken?: string; registrytoken?: string }> | null
    return Object.fromEntries(Object.entries(value ?? {}).map(([host, auth]) => [host, { username: auth.username, password: auth.password, identityToken: auth.identitytoken, registryToken: auth.registrytoken, serverAddress: host }]))
  } catch (error) {
    throw new EngineError('invalid-argument', 'X-Registry-Config is not base64 of a JSON object', { cause: error })
  }
}

/** One line of the answer. */
export function encodeMessage(message: BuildMessage): object {
  if (!('progress' in message)) return message
  const { id, status, current, total } = message.progress
  const detail = current === undefined ? {} : { current, ...(total === undefined ? {} : { total }) }
  return { status, ...(id === undefined ? {} : { id }), progressDetail: detail }
}

/** `line`, `endLine` and `hint` are ours: where in the Dockerfile, and what to do. */
export const encodeFailure = (error: Error): object => ({ errorDetail: { ...exitCode(error), message: error.message, ...placeOf(error) }, error: error.message })

function placeOf(error: Error & Partial<Located>): { line?: number; endLine?: number; hint?: string } {
  const hint = isEngineError(error) ? error.hint : undefined
  return { ...(error.position && { line: error.position.line, endLine: error.position.endLine }), ...(hint !== undefined && { hint }) }
}

const exitCode = (error: Error): { code?: number } => {
  const code = /^exit-code-(\d+)$/.exec((error as Partial<EngineError>).reason ?? '')?.[1]
  return code === undefined ? {} : { code: Number(code) }
}
