/** Doubling delays in milliseconds: first, 2×first, … up to `limit`. `reset` starts over. */
export function createBackoff(first: number, limit: number) {
  let next = first
  return {
    next(): number {
      const delay = next
      next = Math.min(next * 2, limit)
      return delay
    },
    reset(): void {
      next = first
    },
  }
}
export type Backoff = ReturnType<typeof createBackoff>
