import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { text } from 'node:stream/consumers'
import type { WireObject } from '../objects.ts'

/** An API server's answer that is a refusal. */
export class StatusError extends Error {
  readonly code: number
  readonly details: object | undefined
  constructor(code: number, message: string, details?: object) {
    super(message)
    this.code = code
    this.details = details
  }
}

interface Stored extends WireObject {
  metadata: WireObject['metadata'] & { uid: string; resourceVersion: string; managedFields: { manager: string; operation: string; fields: string[] }[] }
}
interface Watcher {
  url: URL
  response: ServerResponse
}

export interface FakeApiServer extends AsyncDisposable {
  readonly url: string
  /** By their paths. */
  readonly objects: Map<string, Stored>
  /** `PATCH /apis/apps/v1/…?…`, in order. */
  readonly asked: string[]
  /** Who may what, and when; throws a StatusError. */
  admit: (user: string, method: string, path: string) => void | Promise<void>
  /** What a server's own admission says of an object. */
  validate: (object: WireObject) => void
  logs: (pod: string, container: string, previous: boolean) => string
  /** As a controller does it: the status, or all, of an object is another. */
  change(path: string, change: (object: WireObject) => void): void
  put(path: string, object: WireObject): void
  remove(path: string): void
  /** Ends all watches, as a server that restarts does. */
  endWatches(): void
  /** Versions before this are forgotten: who watches from one of them is told 410. */
  forget(): void
  bookmark(): void
}

const kinds = [
  ['v1', 'namespaces', 'Namespace', false], ['v1', 'configmaps', 'ConfigMap', true], ['v1', 'secrets', 'Secret', true], ['v1', 'services', 'Service', true], ['v1', 'pods', 'Pod', true],
  ['v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', true], ['apps/v1', 'deployments', 'Deployment', true], ['apps/v1', 'statefulsets', 'StatefulSet', true], ['batch/v1', 'jobs', 'Job', true],
] as const
const counted = new Set(['Deployment', 'StatefulSet', 'Job'])

type Table = Record<string, unknown>
const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)
/** Of paths; keys have dots. */
const DOT = '\u001f'
const leavesOf = (value: unknown, path = ''): string[] => (isTable(value) ? Object.entries(value).flatMap(([key, each]) => leavesOf(each, path + DOT + key)) : [path])
const merged = (into: Table, from: Table): Table => Object.fromEntries([...new Set([...Object.keys(into), ...Object.keys(from)])].map((key) => [key, isTable(into[key]) && isTable(from[key]) ? merged(into[key], from[key]) : key in from ? from[key] : into[key]]))
const at = (value: unknown, path: string): unknown => path.split(DOT).slice(1).reduce<unknown>((inner, key) => (isTable(inner) ? inner[key] : undefined), value)

/** A secret's plain words are written and never kept: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
function withoutStrings<Written extends WireObject>({ stringData, ...object }: Written): Written {
  const { data } = object as { data?: Record<string, string> }
  if (!isTable(stringData)) return object as unknown as Written
  return { ...object, data: { ...data, ...Object.fromEntries(Object.entries(stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')])) } } as unknown as Written
}

/** What a cluster keeps, and who looks. */
class Store {
  readonly objects = new Map<string, Stored>()
  readonly watchers = new Set<Watcher>()
  private readonly history: { version: number; type: string; path: string; object: Stored }[] = []
  version = 100
  oldest = 0

  keep(path: string, object: Stored, type: string): Stored {
    object.metadata.resourceVersion = String(++this.version)
    this.objects.set(path, object)
    this.tell(type, path, object)
    return object
  }
  remove(path: string): void {
    const object = this.objects.get(path)
    if (!object) return
    this.objects.delete(path)
    this.tell('DELETED', path, { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } })
  }
  private tell(type: string, path: string, object: Stored): void {
    this.history.push({ version: this.version, type, path, object: structuredClone(object) })
    for (const watcher of this.watchers) send(watcher, type, path, object)
  }
  list({ pathname, searchParams }: URL) {
    return { kind: 'List', metadata: { resourceVersion: String(this.version) }, items: [...this.objects].filter(([path, object]) => path.startsWith(`${pathname}/`) && isChosen(object, searchParams)).map(([, object]) => object) }
  }
  watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'))
    response.writeHead(200, { 'content-type': 'application/json' })
    if (from < this.oldest) return void response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: `too old resource version: ${from} (${this.oldest})` } })}\n`)
    const watcher = { url, response }
    response.flushHeaders()
    for (const { version, type, path, object } of this.history) if (version > from) send(watcher, type, path, object)
    this.watchers.add(watcher)
    response.on('close', () => this.watchers.delete(watcher))
  }
  /** Server-side apply. */
  patch(path: string, query: URLSearchParams, wanted: Stored): Stored {
    const now = this.objects.get(path)
    const manager = query.get('fieldManager') ?? ''
    const { apiVersion, kind, metadata: { name, namespace: within, ...metadata }, ...rest } = withoutStrings(wanted)
    const applied: Table = { ...rest, metadata }
    const fields = leavesOf(applied).filter((field) => field !== `${DOT}metadata`)
    const others = (now?.metadata.managedFields ?? []).filter((each) => each.manager !== manager)
    const conflicts = others.flatMap((other) => other.fields.filter((field) => fields.includes(field) && JSON.stringify(at(now, field)) !== JSON.stringify(at(applied, field))).map((field) => ({ reason: 'FieldManagerConflict', field: field.replaceAll(DOT, '.'), message: `conflict with "${other.manager}"` })))
    if (conflicts.length > 0 && query.get('force') !== 'true') throw new StatusError(409, `Apply failed with ${conflicts.length} conflict: conflict with "${others[0]?.manager}": ${conflicts[0]?.field}`, { causes: conflicts })
    const before = now?.metadata.managedFields.find((each) => each.manager === manager)?.fields ?? []
    const base = structuredClone(now ?? {}) as Table
    for (const field of before.filter((each) => !fields.includes(each) && !others.some((other) => other.fields.includes(each)))) dropAt(base, field)
    const after = merged(base, applied) as Stored
    const changed = now === undefined || JSON.stringify(withoutSystem(now)) !== JSON.stringify(withoutSystem(after))
    Object.assign(after, { apiVersion, kind })
    after.metadata = {
      ...after.metadata, name, ...(within !== undefined && { namespace: within }), uid: now?.metadata.uid ?? crypto.randomUUID(), resourceVersion: now?.metadata.resourceVersion ?? '',
      ...(counted.has(kind) && { generation: (now?.metadata.generation ?? 0) + (changed ? 1 : 0) }),
      managedFields: [...others.map((other) => ({ ...other, fields: other.fields.filter((field) => !conflicts.some((each) => each.field === field.replaceAll(DOT, '.'))) })), { manager, operation: 'Apply', fields }],
    } as Stored['metadata']
    return query.get('dryRun') === 'All' || !changed ? after : structuredClone(this.keep(path, after, now ? 'MODIFIED' : 'ADDED'))
  }
}

function send({ url, response }: Watcher, type: string, path: string, object: Stored): void {
  if (path.startsWith(`${url.pathname}/`) && isChosen(object, url.searchParams)) response.write(`${JSON.stringify({ type, object })}\n`)
}

/**
 * Kubernetes' API in memory over real HTTP(S): discovery, server-side apply with managers of fields and their conflicts, dry runs, replacement with versions,
 * deletion with preconditions, lists, watches with bookmarks and with 410 for versions that are forgotten, logs. Fields are owned leaf by leaf; a list is one leaf.
 */
export async function startFakeApiServer({ tls, tokens = {} }: { tls?: { ca: Buffer; cert: Buffer; key: Buffer }; tokens?: Record<string, string> } = {}): Promise<FakeApiServer> {
  const store = new Store()
  const server = tls ? createSecure({ ...tls, requestCert: true, rejectUnauthorized: false }) : createPlain()
  const fake: FakeApiServer = {
    get url() {
      return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    objects: store.objects,
    asked: [],
    admit: () => {},
    validate: () => {},
    logs: () => '',
    change(path, change) {
      const object = structuredClone(store.objects.get(path))
      if (!object) throw new Error(`nothing at ${path}`)
      change(object)
      store.keep(path, object, 'MODIFIED')
    },
    put: (path, object) => void store.keep(path, { ...withoutStrings(object), metadata: { uid: crypto.randomUUID(), managedFields: [], ...object.metadata } } as unknown as Stored, 'ADDED'),
    remove: (path) => store.remove(path),
    endWatches: () => store.watchers.forEach(({ response }) => response.end()),
    forget: () => void (store.oldest = store.version),
    bookmark: () => store.watchers.forEach(({ response }) => response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: String(store.version) } } })}\n`)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  for (const name of ['default', 'team']) fake.put(`/api/v1/namespaces/${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(fake, store, tokens, request, response).catch((error: unknown) => {
      const { code, message, details } = error instanceof StatusError ? error : new StatusError(500, String(error))
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message, details }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return fake
}

async function answer(fake: FakeApiServer, store: Store, tokens: Record<string, string>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', fake.url)
  const [method, path] = [request.method ?? '', url.pathname]
  fake.asked.push(`${method} ${path}${url.search}`)
  const user = userOf(request, tokens)
  if (user === undefined) throw new StatusError(401, 'Unauthorized')
  await fake.admit(user, method, path)
  const body = method === 'GET' ? undefined : (JSON.parse((await text(request)) || '{}') as Stored)
  const reply = (value: unknown) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (method === 'PATCH') return reply(store.patch(path, url.searchParams, checked(fake, path, url.searchParams, request, body!)))
  if (path === '/version') return reply({ gitVersion: 'v1.34.0-fake' })
  const group = /^\/(?:api|apis)\/((?:[^/]+\/)?v\d\w*)$/.exec(path)?.[1]
  if (group !== undefined) return reply(resourcesOf(group))
  const log = /\/pods\/([^/]+)\/log$/.exec(path)?.[1]
  if (log !== undefined) return void response.end(fake.logs(log, url.searchParams.get('container') ?? '', url.searchParams.get('previous') === 'true'))
  if (method === 'GET' && kinds.some(([, name]) => path.endsWith(`/${name}`))) return url.searchParams.get('watch') === 'true' ? store.watch(url, response) : reply(store.list(url))
  const one = store.objects.get(path)
  if (!one) throw new StatusError(404, `${path.split('/').at(-2)} "${path.split('/').at(-1)}" not found`)
  if (method === 'GET') return reply(one)
  if (method === 'DELETE') return reply(deleted(store, path, one, body as unknown as { preconditions?: { uid?: string } }))
  if (body!.metadata.resourceVersion !== one.metadata.resourceVersion) throw new StatusError(409, 'the object has been modified; please apply your changes to the latest version and try again', { reason: 'Conflict' })
  reply(store.keep(path, counted.has(body!.kind) ? { ...body!, metadata: { ...body!.metadata, generation: (one.metadata.generation ?? 0) + 1 }, status: one['status'] } : body!, 'MODIFIED'))
}

/** What is refused before it is merged. */
function checked(fake: FakeApiServer, path: string, query: URLSearchParams, { headers }: IncomingMessage, wanted: Stored): Stored {
  if (headers['content-type'] !== 'application/apply-patch+yaml') throw new StatusError(415, 'the body of the request was in an unknown format')
  if (!query.get('fieldManager')) throw new StatusError(400, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch')
  const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1]
  if (namespace !== undefined && !fake.objects.has(`/api/v1/namespaces/${namespace}`)) throw new StatusError(404, `namespaces "${namespace}" not found`)
  fake.validate(wanted)
  return wanted
}

function resourcesOf(group: string) {
  const resources = kinds.filter(([apiVersion]) => apiVersion === group).map(([, name, kind, namespaced]) => ({ name, kind, namespaced }))
  if (resources.length === 0) throw new StatusError(404, 'the server could not find the requested resource')
  return { kind: 'APIResourceList', groupVersion: group, resources: [{ name: 'deployments/scale', kind: 'Scale', namespaced: true }, ...resources] }
}

function deleted(store: Store, path: string, { metadata: { uid } }: Stored, { preconditions }: { preconditions?: { uid?: string } }) {
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) throw new StatusError(409, 'the UID in the precondition does not match the UID in record')
  store.remove(path)
  return { kind: 'Status', status: 'Success' }
}

function userOf(request: IncomingMessage, tokens: Record<string, string>): string | undefined {
  const bearer = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return tokens[bearer]
  const socket = request.socket as Partial<TLSSocket>
  if (!socket.getPeerCertificate) return Object.keys(tokens).length === 0 ? 'anyone' : undefined
  return socket.authorized ? (String(socket.getPeerCertificate().subject.CN) || undefined) : undefined
}

function isChosen({ metadata }: Stored, query: URLSearchParams): boolean {
  const pairs = (query.get('labelSelector') ?? '').split(',').filter(Boolean).map((pair) => pair.split('='))
  const name = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1]
  return (name === undefined || metadata.name === name) && pairs.every(([key = '', value]) => metadata.labels?.[key] === value)
}

function dropAt(value: Table, path: string): void {
  const keys = path.split(DOT).slice(1)
  const last = keys.pop()!
  const parent = keys.reduce<unknown>((inner, key) => (isTable(inner) ? inner[key] : undefined), value)
  if (isTable(parent)) delete parent[last]
}
const sorted = (value: unknown): unknown => (isTable(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)])) : value)
const withoutSystem = ({ metadata: { labels, annotations }, status: _status, ...rest }: Stored) => sorted({ ...rest, labels, annotations })
