import type { Collection, MetadataStore } from './metadata-store.ts'

/** A metadata store that forgets: for tests of everything above it. Passes the same contract suite as the SQLite one. */
export function createMemoryMetadataStore(): MetadataStore {
  const collections = new Map<string, Map<string, unknown>>()
  let depth = 0
  return {
    collection<Value>(name: string): Collection<Value> {
      const values = (): Map<string, Value> => {
        if (!collections.has(name)) collections.set(name, new Map())
        return collections.get(name) as Map<string, Value>
      }
      return {
        find: (key) => values().get(key),
        list: () => [...values().values()],
        get size() {
          return values().size
        },
        put: (key, value) => void values().set(key, JSON.parse(JSON.stringify(value)) as Value),
        delete: (key) => void values().delete(key),
      }
    },
    transaction(work) {
      const before = depth === 0 ? new Map([...collections].map(([name, values]) => [name, new Map(values)])) : undefined
      depth++
      try {
        return work()
      } catch (error) {
        if (before) {
          collections.clear()
          for (const [name, values] of before) collections.set(name, values)
        }
        throw error
      } finally {
        depth--
      }
    },
    [Symbol.dispose]() {},
  }
}
