import { createHash } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import type { BytePath } from '../../core/layers/byte-path.ts'
import type { Layers, ListedEntry } from '../../core/layers/layers.ts'
import type { Collection, MetadataStore } from '../../core/metadata/metadata-store.ts'
import { digestsOf, digestsOnce, readState, writeState, type ContextState } from './context-state.ts'
import type { KnownDigests } from './copy/copied-entries.ts'
import { openTemporaryTree } from './temporary-tree.ts'

/**
 * Folders of clients, as they were when last built from: the next build asks for what has changed since, and reads only that. A client that builds the
 * same folder twenty times a day sends it once.
 *
 * Each has a folder named by its key: `tree/`, and `state.json`, which says what the tree holds. That file is away while the tree is being changed, so a tree
 * that was cut off in between is begun anew. It is also of its boot: what is written here is not flushed to the disk.
 */
export interface KeptContexts {
  /** The folder as the client has it now. Builds of one folder share it while nothing changes; one that finds changes while others read has a copy of its own. */
  open(folder: ClientFolder, signal: AbortSignal): Promise<KeptFolder>
  list(): KeptContext[]
  /** One that is in use stays. */
  remove(name: string): Promise<void>
  /** Once, before the first build: removes what has no record. */
  restore(): Promise<void>
}

/** Path → what tells one state of the file from another, in the words of whoever lists. */
export type FolderListing = ReadonlyMap<BytePath, string>

export interface ClientFolder {
  /** The same for the same folder of the same client; undefined where that cannot be told. */
  key: string | undefined
  /** What makes a copy of the folder as it was `since` into one as it is now. */
  changes(since: FolderListing): Promise<FolderChanges>
}

export interface FolderChanges {
  listing: FolderListing
  /** Bytes of its files. */
  size: number
  /** With whiteouts for what went; undefined when nothing has changed. */
  content: FolderContent | undefined
}

/** A tar archive, or files that the engine sees itself. */
export type FolderContent = { archive: Readable } | { files: readonly ListedEntry[] }

export interface KeptFolder extends AsyncDisposable {
  folder: string
  digests: KnownDigests | undefined
}

export interface KeptContext extends ContextRecord {
  inUse: boolean
}

interface ContextRecord {
  name: string
  /** RFC 3339. */
  createdAt: string
  lastUsedAt: string
  usageCount: number
  /** Bytes. */
  size: number
}

interface InUse extends ContextState {
  builds: number
  /** The file says the same. */
  written: boolean
}

/** The one used last stays; others while they together are smaller, and were used since (BuildKit keeps as long). */
const KEPT_BYTES = 2 * 2 ** 30
const KEPT_MS = 48 * 3600_000

export interface KeptContextsNeeds {
  root: string
  temporary: string
  layers: Pick<Layers, 'unpack' | 'copy' | 'remove'>
  metadata: MetadataStore
  now?: () => number
}

const NOTHING: ReadonlyMap<BytePath, string> = new Map()

export const createKeptContexts = (needs: KeptContextsNeeds): KeptContexts => new ContextFolders(needs)

class ContextFolders implements KeptContexts {
  readonly #needs: KeptContextsNeeds
  readonly #records: Collection<ContextRecord>
  /** A folder is brought up to date, let go of and removed by one at a time. */
  readonly #turns = new KeyedMutex()
  readonly #used = new Map<string, InUse>()

  constructor(needs: KeptContextsNeeds) {
    this.#needs = needs
    this.#records = needs.metadata.collection('build-contexts')
  }

  async open(source: ClientFolder, signal: AbortSignal): Promise<KeptFolder> {
    if (source.key === undefined) return openOnce(this.#needs, source, signal)
    const name = createHash('sha256').update(source.key).digest('hex').slice(0, 32)
    const state = await this.#turns.run(name, () => this.#take(name, source, signal), signal).catch((error: unknown) => Promise.reject(signal.aborted ? cancelled() : error))
    if (!state) return openOnce(this.#needs, source, signal)
    const tree = this.#tree(name)
    return { folder: tree, digests: digestsOf(tree, state), [Symbol.asyncDispose]: () => this.#release(name, state) }
  }

  list = () => this.#records.list().map((record) => ({ ...record, inUse: this.#used.has(record.name) }))

  remove(name: string): Promise<void> {
    return this.#turns.run(name, async () => {
      if (this.#used.has(name) || !this.#records.find(name)) return
      await this.#needs.layers.remove(this.#place(name))
      this.#records.delete(name)
    })
  }

  async restore(): Promise<void> {
    const { root, layers } = this.#needs
    await mkdir(root, { recursive: true, mode: 0o700 })
    for (const name of await readdir(root)) if (!this.#records.find(name)) await layers.remove(this.#place(name))
  }

  #place = (name: string) => join(this.#needs.root, name)
  #tree = (name: string) => join(this.#place(name), 'tree')
  #stateFile = (name: string) => join(this.#place(name), 'state.json')

  /** Undefined: others read it as it was. */
  async #take(name: string, source: ClientFolder, signal: AbortSignal): Promise<InUse | undefined> {
    const shared = this.#used.get(name)
    if (shared) {
      const { content } = await source.changes(shared.listing)
      letGo(content)
      if (content) return undefined
      shared.builds++
      return shared
    }
    const state = await this.#bring(name, source, signal)
    this.#used.set(name, state)
    return state
  }

  async #bring(name: string, source: ClientFolder, signal: AbortSignal): Promise<InUse> {
    const before = await readState(this.#stateFile(name))
    const { listing, size, content } = await source.changes(before?.listing ?? new Map())
    const written = before !== undefined && content === undefined
    const come = written ? NOTHING : await this.#change(name, before !== undefined, content, signal)
    const stayed = [...(before?.digests ?? [])].filter(([path]) => before?.listing.get(path) === listing.get(path))
    const digests = new Map([...stayed, ...come])
    const copies = written ? before.copies : new Map()
    return { listing, digests, copies, size, builds: 1, written }
  }

  /** A tree that could not be changed to its end is nobody's any more. */
  async #change(name: string, goesOn: boolean, content: FolderContent | undefined, signal: AbortSignal): Promise<ReadonlyMap<BytePath, string>> {
    const { layers } = this.#needs
    try {
      await rm(this.#stateFile(name), { force: true })
      if (!goesOn) await layers.remove(this.#place(name))
      await mkdir(this.#tree(name), { recursive: true, mode: 0o755 })
      return content ? await put(layers, content, this.#tree(name), signal) : NOTHING
    } catch (error) {
      letGo(content)
      await layers.remove(this.#place(name))
      this.#records.delete(name)
      throw error
    }
  }

  async #release(name: string, state: InUse): Promise<void> {
    await this.#turns.run(name, async () => {
      if (--state.builds > 0) return
      this.#used.delete(name)
      const lastUsedAt = new Date(this.#now()).toISOString()
      const known = this.#records.find(name) ?? { name, createdAt: lastUsedAt, usageCount: 0 }
      this.#records.put(name, { ...known, lastUsedAt, usageCount: known.usageCount + 1, size: state.size })
      if (!state.written) await writeState(this.#stateFile(name), state)
    })
    await this.#trim()
  }

  async #trim(): Promise<void> {
    const [last, ...older] = this.#records.list().toSorted((one, other) => (one.lastUsedAt > other.lastUsedAt ? -1 : 1))
    let room = KEPT_BYTES - (last?.size ?? 0)
    for (const { name, size, lastUsedAt } of older) if ((room -= size) < 0 || Date.parse(lastUsedAt) < this.#now() - KEPT_MS) await this.remove(name)
  }

  #now = () => (this.#needs.now ?? Date.now)()
}

const cancelled = () => new EngineError('cancelled', 'the build was cancelled', { reason: 'cancelled' })

/** A copy for one build. */
function openOnce(needs: KeptContextsNeeds, source: ClientFolder, signal: AbortSignal): Promise<KeptFolder> {
  return openTemporaryTree(needs, async ({ folder }) => {
    const { content } = await source.changes(new Map())
    return { folder, digests: content && digestsOnce(folder, await put(needs.layers, content, folder, signal)) }
  })
}

/** What the files hold is known by then. */
async function put(layers: KeptContextsNeeds['layers'], content: FolderContent, folder: string, signal: AbortSignal): Promise<ReadonlyMap<BytePath, string>> {
  const { digests } = 'archive' in content ? await layers.unpack(content.archive, folder, { signal }) : await layers.copy(content.files, folder, { whiteouts: 'remove', digests: true, signal })
  return digests
}

function letGo(content: FolderContent | undefined): void {
  if (content && 'archive' in content) content.archive.destroy()
}
