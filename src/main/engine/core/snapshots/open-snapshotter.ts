import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import type { ChainId } from '#shared/oci/digest.ts'
import { removeDeep } from '#base/remove-tree.ts'
import type { Host } from '../host/host.ts'
import type { DiffSource, Layers, WhiteoutForm } from '../layers/layers.ts'
import { isOpaque } from '../layers/diff-layer.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { writeContainerMark } from './container-mark.ts'
import { copyStorage, copyTree } from './copy-storage.ts'
import { createFlushing } from './flushing.ts'
import { fuseStorage } from './fuse-storage.ts'
import { removeMountStubs } from './mount-stubs.ts'
import { overlayStorage } from './overlay-storage.ts'
import { openSnapshotRecords, type SnapshotRecord, type SnapshotRecords } from './snapshot-records.ts'
import type { LayerDraft, Snapshotter } from './snapshotter.ts'
import type { Storage } from './storage.ts'

export interface SnapshotterOptions {
  root: string
  host: Pick<Host, 'facts' | 'syscalls' | 'run'>
  metadata: MetadataStore
  layers: Pick<Layers, 'usage' | 'remove'>
}

/** Opens the snapshots below `root` in the way the host's probe found; removes what a crash left without a record. */
export async function openSnapshotter(options: SnapshotterOptions): Promise<Snapshotter> {
  mkdirSync(options.root, { recursive: true, mode: 0o700 })
  const records = openSnapshotRecords(options.root, options.metadata)
  await removeStrays(options, records)
  return createSnapshotter(options, chooseStorage(options), records)
}

/** How deletions are written in the directories of this machine's snapshots. */
export const whiteoutFormOf = (options: Pick<SnapshotterOptions, 'root' | 'host'>): WhiteoutForm => chooseStorage(options).form

function chooseStorage({ root, host }: Pick<SnapshotterOptions, 'root' | 'host'>): Storage {
  const { storage, tools, rootless } = host.facts
  if (storage === 'overlay') return overlayStorage(root, host.syscalls, rootless)
  return storage === 'fuse-overlayfs' && tools.fuseOverlayfs ? fuseStorage(root, host, tools.fuseOverlayfs) : copyStorage(root, host)
}

async function removeStrays({ root, layers }: SnapshotterOptions, records: SnapshotRecords) {
  const known = records.known()
  for (const name of await readdir(root)) {
    const number = Number.parseInt(name, 10)
    if (number !== 0 && !known.has(number)) await layers.remove(join(root, name))
  }
}

interface Parts {
  host: SnapshotterOptions['host']
  layers: SnapshotterOptions['layers']
  storage: Storage
  records: SnapshotRecords
  flushing: ReturnType<typeof createFlushing>
}

const createSnapshotter = ({ root, host, layers }: SnapshotterOptions, storage: Storage, records: SnapshotRecords): Snapshotter => {
  const parts = { host, layers, storage, records, flushing: createFlushing(records, root, host) }
  return { driver: storage.driver, independent: storage.layered, ...committing(parts), ...activating(parts), ...mounting(parts), ...looking(parts), flush: parts.flushing.flush }
}

/** Committed snapshots: made from drafts, frozen from active ones, removed. */
function committing(parts: Parts): Pick<Snapshotter, 'has' | 'isUncertain' | 'prepareLayer' | 'commit' | 'copyChanges' | 'removeCommitted'> {
  const { host, storage, records, flushing } = parts
  return {
    has: (chain) => records.find('committed', chain) !== undefined,
    isUncertain(chain) {
      const record = records.find('committed', chain)
      return record !== undefined && records.isUncertain(record)
    },
    async prepareLayer(parent): Promise<LayerDraft> {
      const number = records.nextNumber()
      await using undo = new AsyncDisposableStack()
      const made = undo.use(draft(parts, number, parent))
      await storage.create(number, storage.layered ? [] : records.stack(parent), 'layer')
      undo.move()
      return { directory: made.directory, whiteouts: storage.form, changes: () => changesIn(parts, made.directory, parent), commit: made.commit, [Symbol.asyncDispose]: made[Symbol.asyncDispose] }
    },
    async commit(key, chain) {
      const record = records.get('active', key)
      const before = records.find('committed', chain)
      if (before && !isReplaceable(records, before)) {
        records.delete(record)
        return discard(parts, record.number)
      }
      records.promote(record, chain, flushing.mark())
      if (before) await discard(parts, before.number)
      await removeDeep(`${records.directory(record.number)}.work`)
    },
    async copyChanges(key) {
      const record = records.get('active', key)
      await using undo = new AsyncDisposableStack()
      const copy = undo.use(draft(parts, records.nextNumber(), record.parent))
      await copyTree(host, records.directory(record.number), copy.directory)
      undo.move()
      return { source: changesIn(parts, copy.directory, record.parent), commit: copy.commit, [Symbol.asyncDispose]: copy[Symbol.asyncDispose] }
    },
    async removeCommitted(chain) {
      const record = records.find('committed', chain)
      if (!record) return
      if (records.hasChildren(chain)) throw new EngineError('failed-precondition', `snapshot ${chain} has others on it`, { reason: 'snapshot-in-use' })
      records.delete(record)
      await discard(parts, record.number)
    },
  }
}

const isReplaceable = (records: SnapshotRecords, before: SnapshotRecord) => records.isUncertain(before) && !records.isInUse(before)

/** A directory without a record until it is committed. */
function draft(parts: Parts, number: number, parent: ChainId | undefined) {
  const { records, flushing } = parts
  let open = true
  return {
    directory: records.directory(number),
    async commit(chain: ChainId) {
      if (parent !== undefined && !records.find('committed', parent)) throw new EngineError('failed-precondition', `the layer below ${chain} is not committed`, { reason: 'no-parent' })
      const before = records.find('committed', chain)
      if (before && !isReplaceable(records, before)) return
      records.put({ kind: 'committed', name: chain, number, createdAt: Date.now(), ...flushing.mark(), ...(parent !== undefined && { parent }) })
      open = false
      if (before) await discard(parts, before.number)
    },
    async [Symbol.asyncDispose]() {
      if (open) await discard(parts, number)
      open = false
    },
  }
}

async function discard({ layers, records }: Parts, number: number): Promise<void> {
  await Promise.all([layers.remove(records.directory(number)), removeDeep(`${records.directory(number)}.work`)])
}

function activating({ storage, records }: Parts): Pick<Snapshotter, 'prepare' | 'hasActive' | 'mayBeTorn' | 'remove'> {
  return {
    async prepare(key, parent, { marked = false } = {}) {
      if (records.find('active', key)) throw new EngineError('already-exists', `there is a snapshot ${key} already`, { reason: 'snapshot-exists' })
      const number = records.nextNumber()
      const stack = records.stack(parent)
      await using undo = new AsyncDisposableStack()
      undo.defer(() => removeFolders(records, number))
      await onFiles(records, stack, () => storage.create(number, stack, 'active'))
      if (marked) writeContainerMark(records.directory(number), stack.map((below) => records.directory(below)))
      records.put({ kind: 'active', name: key, number, createdAt: Date.now(), ...(parent !== undefined && { parent }) })
      undo.move()
    },
    hasActive: (key) => records.find('active', key) !== undefined,
    mayBeTorn(key) {
      const record = records.find('active', key)
      return record !== undefined && storage.mayBeTorn(record.number)
    },
    async remove(key) {
      const record = records.find('active', key)
      if (!record) return
      records.delete(record)
      await removeFolders(records, record.number)
    },
  }
}

/** Not in a layer thread, unlike `discard`: a container's own changes are few, and a thread costs more than they do. */
async function removeFolders(records: SnapshotRecords, number: number): Promise<void> {
  for (const path of [records.directory(number), `${records.directory(number)}.work`]) await removeDeep(path)
}

function mounting({ host, storage, records }: Parts): Pick<Snapshotter, 'mount' | 'mountView' | 'unmount'> {
  // One at a time: each may wait for the disk, on one of the four threads that all other work with files has.
  const turns = new KeyedMutex()
  return {
    async mount(key, target, { readOnly = false, volatile = false } = {}) {
      const record = records.get('active', key)
      await mkdir(target, { recursive: true })
      const stack = records.stack(record.parent)
      const whole = [record.number, ...stack]
      if (!isMountPoint(target)) await onFiles(records, whole, () => (readOnly ? storage.mountView(whole, target) : storage.mount(record.number, stack, target, { volatile })))
    },
    async mountView(chain, target) {
      await mkdir(target, { recursive: true })
      const stack = records.stack(chain)
      if (!isMountPoint(target)) await onFiles(records, stack, () => storage.mountView(stack, target))
    },
    unmount: (target) =>
      turns.run('unmount', async () => {
        if (isMountPoint(target)) await host.syscalls.detach(target)
      }),
  }
}

/** What fails because directories are gone is told so: the system's own words name a place that nobody knows. */
async function onFiles(records: SnapshotRecords, numbers: readonly number[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const gone = numbers.map(records.directory).find((directory) => !existsSync(directory))
    if (gone === undefined) throw cause
    throw new EngineError('data-loss', `files of an image or container are gone from the disk: ${gone}`, { reason: 'files-missing', hint: 'slipway-engine doctor says whose they are, and what can be done.', cause })
  }
}

type Id = { key: string } | { chain: ChainId }

function looking(parts: Parts): Pick<Snapshotter, 'changesOf' | 'describe' | 'isParent' | 'layerDirectories' | 'listCommitted' | 'listActive' | 'removeMountStubs' | 'usage'> {
  const { host, storage, records, layers } = parts
  const recordOf = (id: Id) => ('key' in id ? records.get('active', id.key) : records.get('committed', id.chain))
  const directoryOf = (id: Id) => records.directory(recordOf(id).number)
  return {
    changesOf: (id) => changesIn(parts, directoryOf(id), recordOf(id).parent),
    describe: (id) => describe(directoryOf(id), belowOf(parts, recordOf(id).parent), storage),
    layerDirectories: (chain) => records.stack(chain).map(records.directory),
    isParent: records.hasChildren,
    listCommitted: () => records.list('committed').map(({ name, parent, createdAt }) => ({ chain: name as ChainId, parent, createdAt })),
    listActive: () => records.list('active').map(({ name, parent }) => ({ key: name, parent })),
    removeMountStubs: ({ directory }, parent, targets) => removeMountStubs(directory, records.stack(parent).map(records.directory), targets, storage.layered ? (folder) => isOpaque(folder, host.syscalls) : undefined),
    async usage(id) {
      const record = recordOf(id)
      if (record.usage) return record.usage
      const usage = await layers.usage(records.directory(record.number))
      const now = record.kind === 'committed' ? records.find('committed', record.name) : undefined
      if (now) records.put({ ...now, usage })
      return usage
    },
  }
}

const belowOf = ({ records }: Parts, parent: ChainId | undefined): string[] => records.stack(parent).map(records.directory)
const changesIn = (parts: Parts, directory: string, parent: ChainId | undefined): DiffSource => ({ directory, form: parts.storage.form, below: belowOf(parts, parent) })

function describe(directory: string, below: string[], storage: Storage): Record<string, string> {
  if (!storage.layered) return { Dir: directory }
  return { ...(below.length > 0 && { LowerDir: below.join(':') }), UpperDir: directory, WorkDir: `${directory}.work` }
}

/** A mount of another file system shows by its device number; a bind mount only in the table of mounts. */
function isMountPoint(target: string): boolean {
  const here = lstatSync(target, { throwIfNoEntry: false })
  if (!here) return false
  if (here.dev !== lstatSync(dirname(target)).dev) return true
  // Spaces and the like are written in octal there (proc_pid_mountinfo(5)).
  const escaped = target.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${escaped} `)
}
