/** Serialises work by key: two calls with the same key never overlap, calls with different keys never wait. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Somebody works under it, or waits to. */
  isHeld(key: string): boolean {
    return this.#tails.has(key)
  }

  /** `signal` ends the waiting, not the work. @throws the signal's reason */
  async run<Result>(key: string, work: () => Promise<Result> | Result, signal?: AbortSignal): Promise<Result> {
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(signal?.reason)
    const before = this.#tails.get(key) ?? Promise.resolve()
    const mine = before.then(() => {
      signal?.removeEventListener('abort', leave)
      signal?.throwIfAborted()
      return work()
    })
    const tail = mine.then(() => {}, () => {})
    const end = () => this.#tails.get(key) === tail && this.#tails.delete(key)
    this.#tails.set(key, tail)
    signal?.addEventListener('abort', leave, { once: true })
    if (signal?.aborted) leave()
    try {
      const result = await Promise.race([mine, left.promise])
      end()
      return result
    } catch (error) {
      // Who leaves keeps the place until its turn has come.
      if (signal?.aborted) void tail.then(end)
      else end()
      throw error
    }
  }
}
