import { markRaw, shallowRef, type ShallowRef } from 'vue'
import { keepingSame } from './same-value.ts'

/** Items by key, kept whole; what is shown changes at most once a frame, however many events arrive, and where an item says what it said, nothing does. */
export interface Collection<Item> {
  /** Reactive, in the order they came. */
  readonly list: readonly Item[]
  /** Reactive: whoever asks is told when that one changed. */
  find(key: string): Item | undefined
  put(item: Item): void
  drop(key: string): void
  replace(items: readonly Item[]): void
}

export function createCollection<Item extends object>(keyOf: (item: Item) => string, schedule: (publish: () => void) => void = onNextFrame): Collection<Item> {
  const items = new Map<string, Item>()
  const list = shallowRef<readonly Item[]>([])
  /** What was asked for by its key, as it is shown. */
  const asked = new Map<string, ShallowRef<Item | undefined>>()
  const changed = new Set<string>()

  function publish() {
    list.value = [...items.values()]
    for (const key of changed) {
      const shown = asked.get(key)
      if (shown) shown.value = items.get(key)
    }
    changed.clear()
  }
  function publishSoon(key: string) {
    const due = changed.size > 0
    changed.add(key)
    if (!due) schedule(publish)
  }
  function find(key: string): Item | undefined {
    const shown = asked.get(key) ?? (shallowRef(items.get(key)) as ShallowRef<Item | undefined>)
    asked.set(key, shown)
    return shown.value
  }

  return markRaw({
    get list() {
      return list.value
    },
    find,
    put(item: Item) {
      const key = keyOf(item)
      const before = items.get(key)
      const next = keepingSame(before, item)
      if (next === before) return
      items.set(key, next)
      publishSoon(key)
    },
    drop(key: string) {
      if (items.delete(key)) publishSoon(key)
    },
    replace(next: readonly Item[]) {
      items.clear()
      for (const item of next) items.set(keyOf(item), item)
      for (const key of asked.keys()) changed.add(key)
      publish()
    },
  })
}

/** A hidden page gets no animation frames; it is brought up to date four times a second instead. */
function onNextFrame(publish: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(publish)
  else setTimeout(publish, 250)
}
