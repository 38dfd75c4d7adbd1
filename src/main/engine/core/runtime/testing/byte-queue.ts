/** Bytes waiting for one reader, with an end. */
export interface ByteQueue<Item> {
  push(item: Item): void
  end(): void
  read(): AsyncGenerator<Item>
}

export function createQueue<Item>(): ByteQueue<Item> {
  const items: Item[] = []
  let over = false
  let wake = Promise.withResolvers<void>()
  const changed = () => {
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  return {
    push(item) {
      if (!over) items.push(item)
      changed()
    },
    end() {
      over = true
      changed()
    },
    async *read() {
      for (;;) {
        while (items.length > 0) yield items.shift()!
        if (over) return
        await wake.promise
      }
    },
  }
}
