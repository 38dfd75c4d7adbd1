/** One holder per key at a time; who comes later waits in order. `take` resolves with the function that lets go. */
export function createTurns() {
  const tails = new Map<string, Promise<void>>()
  return {
    isTaken: (key: string) => tails.has(key),
    async take(key: string): Promise<() => void> {
      const before = tails.get(key)
      const { promise, resolve } = Promise.withResolvers<void>()
      tails.set(key, promise)
      await before
      return () => {
        if (tails.get(key) === promise) tails.delete(key)
        resolve()
      }
    },
  }
}
