import { EngineError } from '#shared/errors.ts'
import type { Collection, MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { NetworkRecord } from './network-record.ts'

export interface NetworkStore {
  list(): NetworkRecord[]
  find(reference: string): NetworkRecord | undefined
  /** By id, then name, then id prefix. @throws not-found, invalid-argument (ambiguous prefix). */
  get(reference: string): NetworkRecord
  findByName(name: string): NetworkRecord | undefined
  put(record: NetworkRecord): void
  delete(id: string): void
}

export function createNetworkStore(metadata: MetadataStore): NetworkStore {
  const records: Collection<NetworkRecord> = metadata.collection('networks')
  const findByName = (name: string) => records.list().find((record) => record.name === name)
  function find(reference: string): NetworkRecord | undefined {
    const exact = records.find(reference) ?? findByName(reference)
    if (exact || !/^[0-9a-f]{1,64}$/.test(reference)) return exact
    const matches = records.list().filter((record) => record.id.startsWith(reference))
    if (matches.length > 1) throw new EngineError('invalid-argument', `network ${reference} is ambiguous (${matches.length} matches found based on ID prefix)`, { reason: 'ambiguous', hint: 'Give more characters of the id, or the name.' })
    return matches[0]
  }
  return {
    list: () => records.list(),
    find,
    findByName,
    get(reference) {
      const found = find(reference)
      if (!found) throw new EngineError('not-found', `network ${reference} not found`, { reason: 'no-such-network' })
      return found
    },
    put: (record) => records.put(record.id, record),
    delete: (id) => records.delete(id),
  }
}
