/** Serialises work by key: two calls with the same key never overlap, calls with different keys never wait. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Somebody works under it, or waits to. */
  isHeld(key: string): boolean {
    return this.#tails.has(key)
  }

  async run<Result>(key: string, work: () => Promise<Result> | Result): Promise<Result> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const mine = before.then(work)
    const tail = mine.catch(() => {})
    this.#tails.set(key, tail)
    try {
      return await mine
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
  }
}
