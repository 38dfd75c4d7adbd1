import { EngineError } from '#shared/errors.ts'

/** What the page may have sent ahead of its reader, in cost: a large paste, not a flood. */
const limit = 16_000_000

export interface Inbox<Message> extends AsyncIterable<Message> {
  /** @throws resource-exhausted when the reader is too far behind. */
  put(message: Message, cost: number): void
  end(): void
}

/** Messages wait here, in order, for the one who reads them. */
export function createInbox<Message>(): Inbox<Message> {
  const waiting: { message: Message; cost: number }[] = []
  let held = 0
  let ended = false
  let news = Promise.withResolvers<void>()

  async function* read(): AsyncGenerator<Message> {
    for (;;) {
      const next = waiting.shift()
      if (next) {
        held -= next.cost
        yield next.message
      } else if (ended) return
      else {
        await news.promise
        news = Promise.withResolvers()
      }
    }
  }
  return {
    put(message, cost) {
      if (ended) return
      if (held + cost > limit) throw new EngineError('resource-exhausted', 'More was typed or pasted than the program has read.', { reason: 'input-overflow' })
      held += cost
      waiting.push({ message, cost })
      news.resolve()
    },
    end() {
      ended = true
      news.resolve()
    },
    [Symbol.asyncIterator]: read,
  }
}
