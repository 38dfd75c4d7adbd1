/**
 * Leases keep what is being made from being pruned while it is made.
 *
 * Content, snapshots and image records that no gc root holds may be removed by prune at any time. A verb that makes several of
 * them opens a lease on its first line and holds each one by key as it appears; prune skips what any lease holds. A lease
 * lives in memory: after a crash nothing is under way, so nothing needs holding.
 */
export interface Leases {
  open(purpose: string): Lease
  isHeld(key: string): boolean
}

export interface Lease extends Disposable {
  readonly purpose: string
  /** `key` is a digest, chain ID or snapshot key. */
  hold(key: string): void
}

export function createLeases(): Leases {
  const held = new Map<string, number>()
  const release = (key: string) => {
    const count = (held.get(key) ?? 1) - 1
    if (count === 0) held.delete(key)
    else held.set(key, count)
  }
  return {
    isHeld: (key) => held.has(key),
    open(purpose) {
      const keys = new Set<string>()
      return {
        purpose,
        hold(key) {
          if (keys.has(key)) return
          keys.add(key)
          held.set(key, (held.get(key) ?? 0) + 1)
        },
        [Symbol.dispose]() {
          for (const key of keys) release(key)
          keys.clear()
        },
      }
    },
  }
}
