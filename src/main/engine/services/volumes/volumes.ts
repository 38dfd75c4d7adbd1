import { randomBytes } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import { formatTimestamp, parseMoment, parseTimestamp } from '#base/timestamps.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { Host } from '../../core/host/host.ts'
import type { Collection, MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { Layout } from '../../layout.ts'
import { copyImageContent } from './copy-up.ts'
import type { VolumesNeeds } from './needs.ts'
import { createVolumeStorage, type VolumeStorage } from './storage.ts'

/**
 * Volumes: named directories that outlive containers.
 *
 * A **volume** is a record and a folder `volumes/<name>/_data`; with options (type, device, o) it is what mount(8) puts there while a
 * container holds it. An **anonymous** volume has 64 hexadecimal digits for a name and goes with its container when asked.
 * A container **acquires** a volume at its start and **releases** it after its exit; the volume may only be removed when no
 * container's record mentions it. A volume that was made for a container is **tied** to it: unless it is untied before, it goes at the next
 * start if no container mentions it any more. So does one that is **unfinished**, because the engine was cut while making or removing it.
 */
export interface Volumes {
  ensure(request: VolumeRequest): Promise<{ name: string; driver: string; created: boolean }>
  /** @throws not-found */
  get(name: string): VolumeRecord
  list(filters?: VolumeFilters): VolumeRecord[]
  /** @throws not-found; conflict while a container mentions it. */
  remove(name: string, options?: { force?: boolean }): Promise<void>
  removeUnused(name: string): Promise<void>
  /** It stays when its container goes. An absent one is nothing. */
  untie(name: string): void
  /** At the start: removes what an engine that was cut was making or removing. */
  sweep(): Promise<void>
  /** Unused anonymous ones; with the filter `all=true` every unused one. */
  prune(filters?: VolumeFilters): Promise<{ names: string[]; reclaimed: number }>
  acquire(name: string, containerId: string, subpath?: string): Promise<string>
  release(name: string, containerId: string): Promise<void>
  copyUp(name: string, from: { rootfs: string; path: string }): Promise<void>
  mountpoint(name: string): string
  /** Bytes of its files. */
  size(name: string): Promise<number>
}

export interface VolumeRecord {
  name: string
  driver: string
  createdAt: string
  labels: Record<string, string>
  options: Record<string, string>
  anonymous: boolean
  tied?: boolean
  unfinished?: boolean
}

export interface VolumeRequest {
  name?: string
  driver?: string
  driverOptions?: Record<string, string>
  labels?: Record<string, string>
  tied?: boolean
}
export type VolumeFilters = Readonly<Record<string, readonly string[]>>

export interface VolumesOptions {
  metadata: MetadataStore
  events: EventBus
  host: Pick<Host, 'run' | 'syscalls'>
  layout: Layout
  needs: VolumesNeeds
  clock: () => bigint
}

interface Context extends VolumesOptions {
  records: Collection<VolumeRecord>
  storage: VolumeStorage
  locks: KeyedMutex
}

const VALID_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/
const ANONYMOUS_LABEL = 'com.docker.volume.anonymous'

export function createVolumes(options: VolumesOptions): Volumes {
  const ctx: Context = { ...options, records: options.metadata.collection<VolumeRecord>('volumes'), storage: createVolumeStorage(options), locks: new KeyedMutex() }
  const get = (name: string) => {
    const record = whole(ctx, name)
    if (!record) throw new EngineError('not-found', `get ${name}: no such volume`, { reason: 'no-such-volume' })
    return record
  }
  const users = (name: string) => ctx.needs.containersUsing(name)
  const usedByRunning = (name: string, except: string) => users(name).some((user) => user.running && user.id !== except)
  return {
    get,
    ensure: (request) => ensure(ctx, request),
    list: (filters = {}) => ctx.records.list().filter(({ unfinished }) => !unfinished).filter(compileFilters(ctx, filters)),
    remove: (name, removal = {}) => remove(ctx, name, removal.force ?? false),
    async removeUnused(name) {
      if (whole(ctx, name) && users(name).length === 0) await remove(ctx, name, false)
    },
    untie(name) {
      const record = ctx.records.find(name)
      if (record?.tied) ctx.records.put(name, { ...record, tied: false })
    },
    sweep: () => sweep(ctx),
    prune: (filters = {}) => prune(ctx, filters),
    acquire: (name, containerId, subpath) => ctx.locks.run(name, () => ctx.storage.acquire(get(name), containerId, subpath)),
    release: (name, containerId) => ctx.locks.run(name, () => ctx.storage.release(name, containerId, usedByRunning(name, containerId))),
    copyUp: (name, from) => ctx.locks.run(name, () => copyImageContent(ctx.host, from, ctx.storage.folder(name))),
    mountpoint: (name) => ctx.storage.folder(name),
    size: (name) => ctx.storage.size(name),
  }
}

/** Undefined also while it is being made or removed. */
function whole(ctx: Context, name: string): VolumeRecord | undefined {
  const record = ctx.records.find(name)
  return record?.unfinished ? undefined : record
}

/** One that cannot be removed now is tried again at the next start. */
async function sweep(ctx: Context): Promise<void> {
  const left = ctx.records.list().filter(({ name, tied, unfinished }) => unfinished || (tied && ctx.needs.containersUsing(name).length === 0))
  await Promise.allSettled(left.map((record) => ctx.locks.run(record.name, () => discard(ctx, record))))
}

/** The mark comes first: what is removed in part must never pass for a volume. */
async function discard(ctx: Context, record: VolumeRecord): Promise<void> {
  ctx.records.put(record.name, { ...record, unfinished: true })
  await ctx.storage.remove(record.name)
  ctx.records.delete(record.name)
  ctx.events.publish({ type: 'volume', action: 'destroy', id: record.name, attributes: { driver: 'local' } })
}

async function ensure(ctx: Context, request: VolumeRequest): Promise<{ name: string; driver: string; created: boolean }> {
  const driver = request.driver || 'local'
  const name = request.name || randomBytes(32).toString('hex')
  if (driver !== 'local') throw new EngineError('not-found', `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`, { reason: 'no-such-plugin', field: 'driver' })
  if (!VALID_NAME.test(name)) throw new EngineError('invalid-argument', `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`, { field: 'name' })
  return await ctx.locks.run(name, async () => {
    if (whole(ctx, name)) return { name, driver, created: false }
    const options = request.driverOptions ?? {}
    ctx.storage.checkOptions(options)
    const labels = request.name ? (request.labels ?? {}) : { [ANONYMOUS_LABEL]: '', ...request.labels }
    const record: VolumeRecord = { name, driver, createdAt: formatTimestamp(ctx.clock()), labels, options, anonymous: !request.name, ...(request.tied && { tied: true }) }
    ctx.records.put(name, { ...record, unfinished: true })
    await ctx.storage.create(name)
    ctx.records.put(name, record)
    ctx.events.publish({ type: 'volume', action: 'create', id: name, attributes: { driver } })
    return { name, driver, created: true }
  })
}

async function remove(ctx: Context, name: string, force: boolean): Promise<void> {
  await ctx.locks.run(name, async () => {
    const record = whole(ctx, name)
    if (!record) {
      if (force) return
      throw new EngineError('not-found', `get ${name}: no such volume`, { reason: 'no-such-volume' })
    }
    const users = ctx.needs.containersUsing(name)
    if (users.length > 0) {
      throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.map((user) => user.id).join(', ')}]`, { reason: 'volume-in-use', hint: 'Remove the containers that use it first.' })
    }
    await discard(ctx, record)
  })
}

async function prune(ctx: Context, { all, ...filters }: VolumeFilters): Promise<{ names: string[]; reclaimed: number }> {
  const everything = all?.some((value) => value === 'true' || value === '1') ?? false
  const matches = compileFilters(ctx, filters)
  const names: string[] = []
  let reclaimed = 0
  for (const record of ctx.records.list()) {
    if ((!everything && !record.anonymous) || ctx.needs.containersUsing(record.name).length > 0 || !matches(record)) continue
    const bytes = await ctx.storage.size(record.name)
    await remove(ctx, record.name, true)
    names.push(record.name)
    reclaimed += bytes
  }
  ctx.events.publish({ type: 'volume', action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } })
  return { names, reclaimed }
}

/** @throws invalid-argument for a filter that is not there. */
function compileFilters(ctx: Context, filters: VolumeFilters): (record: VolumeRecord) => boolean {
  const hasLabel = (record: VolumeRecord, wish: string) => {
    const [name = '', value] = wish.split(/=(.*)/s)
    return value === undefined ? name in record.labels : record.labels[name] === value
  }
  const tests = Object.entries(filters).map(([filter, values]): ((record: VolumeRecord) => boolean) => {
    switch (filter) {
      case 'name':
        return ({ name }) => values.some((value) => name.includes(value))
      case 'driver':
        return ({ driver }) => values.includes(driver)
      case 'label':
        return (record) => values.every((value) => hasLabel(record, value))
      case 'label!':
        return (record) => !values.some((value) => hasLabel(record, value))
      case 'dangling':
        return ({ name }) => values.some((value) => (ctx.needs.containersUsing(name).length === 0) === (value === 'true' || value === '1'))
      case 'until': {
        const until = parseMoment(values[0] ?? '', ctx.clock())
        return ({ createdAt }) => until !== undefined && (parseTimestamp(createdAt) ?? 0n) < until
      }
      default:
        throw new EngineError('invalid-argument', `invalid filter '${filter}'`, { field: 'filters' })
    }
  })
  return (record) => tests.every((test) => test(record))
}
