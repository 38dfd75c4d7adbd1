/**
 * Records: durable facts about containers, images, networks, volumes.
 *
 * A collection is a named map from key to one JSON value. Reads are served from memory (the collection is loaded once),
 * so listing 500 containers costs no query; writes go to the database first and to memory after. A transaction groups
 * writes: all of them become durable, or none, and memory follows only a commit. Values are treated as immutable:
 * change a copy and put it back.
 */
export interface MetadataStore extends Disposable {
  /** The same collection object for the same name. */
  collection<Value>(name: string): Collection<Value>
  /** Runs `work` synchronously in one transaction; a throw rolls all of it back. Nested calls join the outer one. */
  transaction<Result>(work: () => Result): Result
}

export interface Collection<Value> {
  find(key: string): Value | undefined
  /** In order of first insertion. */
  list(): Value[]
  readonly size: number
  put(key: string, value: Value): void
  /** Deleting an absent key is nothing. */
  delete(key: string): void
  /**
   * Values by what they say: `names.index(({ image }) => [image])` finds the names of an image without looking at those of all others. Asked for once,
   * where the collection is opened; kept up with every change. `keysOf` depends on the value alone.
   */
  index(keysOf: (value: Value) => Iterable<string>): Lookup<Value>
}

export interface Lookup<Value> {
  /** In the order in which they came to say it. */
  find(key: string): Value[]
  /** Whether any says it: at the same price for one and for ten thousand. */
  has(key: string): boolean
}
