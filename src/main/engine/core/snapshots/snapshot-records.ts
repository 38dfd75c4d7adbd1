import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { bootId } from '#base/boot-id.ts'
import type { ChainId } from '#shared/oci/digest.ts'
import type { Collection, MetadataStore } from '../metadata/metadata-store.ts'

/** What is known of a snapshot besides its directory, which is `<root>/<number>`: a short name, so that 500 of them fit mount(2)'s page. */
export interface SnapshotRecord {
  kind: 'committed' | 'active'
  /** Chain ID or key. */
  name: string
  number: number
  parent?: ChainId
  /** Unix milliseconds. */
  createdAt: number
  usage?: { bytes: number; inodes: number }
  /** Of a committed one whose files may not be on the disk yet: the boot in which they were written. */
  unflushed?: string
}

export type SnapshotRecords = ReturnType<typeof openSnapshotRecords>

export function openSnapshotRecords(root: string, metadata: MetadataStore) {
  const records: Collection<SnapshotRecord> = metadata.collection('snapshots')
  const children = records.index(({ parent }) => (parent ? [parent] : []))
  let last = Math.max(0, ...records.list().map(({ number }) => number), ...readdirSync(root).map((name) => Number.parseInt(name, 10) || 0))
  const boot = bootId()
  const keyOf = (kind: SnapshotRecord['kind'], name: string) => `${kind}/${name}`
  const find = (kind: SnapshotRecord['kind'], name: string) => records.find(keyOf(kind, name))
  const get = (kind: SnapshotRecord['kind'], name: string): SnapshotRecord => {
    const found = find(kind, name)
    if (!found) throw new EngineError('not-found', `no ${kind} snapshot ${name}`, { reason: 'no-such-snapshot' })
    return found
  }
  return {
    find,
    get,
    nextNumber: () => ++last,
    directory: (number: number) => join(root, String(number)),
    list: (kind: SnapshotRecord['kind']) => records.list().filter((record) => record.kind === kind),
    put: (record: SnapshotRecord) => records.put(keyOf(record.kind, record.name), record),
    delete: (record: SnapshotRecord) => records.delete(keyOf(record.kind, record.name)),
    /** The active record becomes a committed one in one step. */
    promote: (active: SnapshotRecord, chain: ChainId, mark: Pick<SnapshotRecord, 'unflushed'>) =>
      metadata.transaction(() => {
        records.delete(keyOf('active', active.name))
        records.put(keyOf('committed', chain), { ...active, ...mark, kind: 'committed', name: chain, createdAt: Date.now() })
      }),
    markFlushed: (before: readonly SnapshotRecord[]) =>
      metadata.transaction(() => {
        for (const { name, number } of before) {
          const now = find('committed', name)
          if (now?.number !== number) continue
          const { unflushed: _, ...flushed } = now
          records.put(keyOf('committed', name), flushed)
        }
      }),
    /** Numbers of the chain's directories, top to bottom. */
    stack(chain: ChainId | undefined): number[] {
      const numbers: number[] = []
      for (let at = chain; at !== undefined; ) {
        const record = get('committed', at)
        numbers.push(record.number)
        at = record.parent
      }
      return numbers
    },
    /** A power cut may have torn it, and nobody could make sure that it has not. */
    isUncertain: ({ unflushed }: SnapshotRecord) => unflushed !== undefined && unflushed !== boot,
    /** By a container or a step that works on it. */
    isInUse({ number }: SnapshotRecord): boolean {
      return records.list().some(({ kind, parent }) => kind === 'active' && this.stack(parent).includes(number))
    },
    hasChildren: (chain: ChainId) => children.has(chain),
    known: () => new Set(records.list().map(({ number }) => number)),
  }
}
