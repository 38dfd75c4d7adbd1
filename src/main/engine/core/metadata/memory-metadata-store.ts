import { IndexedValues } from './indexed-values.ts'
import type { Collection, MetadataStore } from './metadata-store.ts'

/** A metadata store that forgets: for tests of everything above it. Passes the same contract suite as the SQLite one. */
export function createMemoryMetadataStore(): MetadataStore {
  const collections = new Map<string, IndexedValues<unknown>>()
  let depth = 0
  return {
    collection<Value>(name: string): Collection<Value> {
      if (!collections.has(name)) collections.set(name, new IndexedValues<unknown>())
      const values = collections.get(name) as IndexedValues<Value>
      return {
        find: values.get,
        list: values.list,
        get size() {
          return values.size
        },
        put: (key, value) => values.set(key, JSON.parse(JSON.stringify(value)) as Value),
        delete: (key) => values.delete(key),
        index: (keysOf) => values.index(keysOf),
      }
    },
    transaction(work) {
      const before = depth === 0 ? new Map([...collections.values()].map((values) => [values, values.copy()])) : undefined
      depth++
      try {
        return work()
      } catch (error) {
        if (before) for (const values of collections.values()) values.restore(before.get(values) ?? new Map())
        throw error
      } finally {
        depth--
      }
    },
    [Symbol.dispose]() {},
  }
}
