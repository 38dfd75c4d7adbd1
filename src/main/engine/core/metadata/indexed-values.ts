import type { Lookup } from './metadata-store.ts'

/** The values of one collection in memory, by key and by what else is asked for. An index is made when it is first asked, and kept from then on. */
export class IndexedValues<Value> {
  #values = new Map<string, Value>()
  readonly #indexes: Index<Value>[] = []

  get size() {
    return this.#values.size
  }
  get = (key: string): Value | undefined => this.#values.get(key)
  list = (): Value[] => [...this.#values.values()]
  copy = (): ReadonlyMap<string, Value> => new Map(this.#values)

  set(key: string, value: Value): void {
    const before = this.#values.get(key)
    this.#values.set(key, value)
    for (const index of this.#indexes) index.replace(key, before, value)
  }

  delete(key: string): void {
    const before = this.#values.get(key)
    this.#values.delete(key)
    for (const index of this.#indexes) index.replace(key, before, undefined)
  }

  /** As they were when the copy was taken. */
  restore(copy: ReadonlyMap<string, Value>): void {
    this.#values = new Map(copy)
    for (const index of this.#indexes) index.clear()
  }

  index(keysOf: (value: Value) => Iterable<string>): Lookup<Value> {
    const index = new Index(keysOf)
    this.#indexes.push(index)
    return { find: (key) => [...(index.find(key, this.#values)?.values() ?? [])], has: (key) => index.find(key, this.#values) !== undefined }
  }
}

class Index<Value> {
  readonly #keysOf: (value: Value) => Iterable<string>
  /** Values by their own keys, so that one that is put again stays in its place. */
  #found: Map<string, Map<string, Value>> | undefined

  constructor(keysOf: (value: Value) => Iterable<string>) {
    this.#keysOf = keysOf
  }

  find(key: string, values: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> | undefined {
    if (!this.#found) {
      this.#found = new Map()
      for (const [own, value] of values) this.replace(own, undefined, value)
    }
    return this.#found.get(key)
  }

  clear(): void {
    this.#found = undefined
  }

  replace(own: string, before: Value | undefined, after: Value | undefined): void {
    if (!this.#found) return
    const keys = new Set(after === undefined ? [] : this.#keysOf(after))
    for (const key of before === undefined ? [] : this.#keysOf(before)) if (!keys.has(key)) this.#forget(key, own)
    for (const key of keys) this.#remember(key, own, after!)
  }

  #forget(key: string, own: string): void {
    const values = this.#found?.get(key)
    values?.delete(own)
    if (values?.size === 0) this.#found?.delete(key)
  }

  #remember(key: string, own: string, value: Value): void {
    const values = this.#found?.get(key)
    if (values) values.set(own, value)
    else this.#found?.set(key, new Map([[own, value]]))
  }
}
