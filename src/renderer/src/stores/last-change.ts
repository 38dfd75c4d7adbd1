import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

interface Change {
  /** What was done, as a menu would say it: "web joined shop". */
  label: string
  undo: () => Promise<unknown>
}

/** The last change made by pointing, so that a slip of the hand is one key from mended. Only the last: what came between may have made older ones senseless. */
export const useLastChange = defineStore('last-change', () => {
  const change = shallowRef<Change>()
  const making = new Set<Promise<unknown>>()
  const label = computed(() => change.value?.label)

  const remember = (next: Change) => void (change.value = next)
  /** A change that is being made. The engine tells of its effect before it answers, so whoever sees it and takes it back at once means this one, and not the one before. */
  async function follow<Result>(work: Promise<Result>): Promise<Result> {
    making.add(work)
    try {
      return await work
    } finally {
      making.delete(work)
    }
  }
  /** What can be taken back, once nothing is being made any more; nothing where what was being made has failed. */
  async function settled(): Promise<Change | undefined> {
    if (making.size === 0) return change.value
    const before = change.value
    await Promise.allSettled(making)
    // Whoever made it remembers it in the turn after.
    await new Promise((resolve) => setTimeout(resolve))
    return change.value === before ? undefined : change.value
  }
  /** @returns what was taken back, or what kept it from that; it is not offered again. */
  async function undo(): Promise<{ label: string; error?: unknown } | undefined> {
    const last = await settled()
    if (!last) return undefined
    change.value = undefined
    return last.undo().then(
      () => ({ label: last.label }),
      (error: unknown) => ({ label: last.label, error }),
    )
  }
  return { label, remember, follow, undo }
})
