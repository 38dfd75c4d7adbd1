import { markRaw, shallowRef } from 'vue'

/** Items by key, kept whole; what is shown changes at most once a frame, however many events arrive. */
export interface Collection<Item> {
  /** Reactive, in the order they came. */
  readonly list: readonly Item[]
  /** Reactive: whoever asks is told when anything changed. */
  find(key: string): Item | undefined
  put(item: Item): void
  drop(key: string): void
  replace(items: readonly Item[]): void
}

export function createCollection<Item>(keyOf: (item: Item) => string, schedule: (publish: () => void) => void = onNextFrame): Collection<Item> {
  const items = new Map<string, Item>()
  const list = shallowRef<readonly Item[]>([])
  let due = false

  function publish() {
    due = false
    list.value = [...items.values()]
  }
  function publishSoon() {
    if (due) return
    due = true
    schedule(publish)
  }

  return markRaw({
    get list() {
      return list.value
    },
    find: (key: string) => (list.value, items.get(key)),
    put(item: Item) {
      items.set(keyOf(item), item)
      publishSoon()
    },
    drop(key: string) {
      if (items.delete(key)) publishSoon()
    },
    replace(next: readonly Item[]) {
      items.clear()
      for (const item of next) items.set(keyOf(item), item)
      publish()
    },
  })
}

/** A hidden page gets no animation frames; it is brought up to date four times a second instead. */
function onNextFrame(publish: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(publish)
  else setTimeout(publish, 250)
}
