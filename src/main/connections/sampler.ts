import type { EngineEvent } from '#shared/contract/events.ts'
import type { StatsSample } from '#shared/contract/streams.ts'
import type { EngineApi } from './engine-api.ts'
import { readStats } from './stats.ts'

/** Samples remembered of one container: half an hour, one a second. */
const mostSamples = 1_800
/** Containers remembered; the longest unseen is forgotten first. */
const mostContainers = 200

type Listener = (id: string, sample: StatsSample) => void

/**
 * Samples of containers that somebody looks at. However many look, a container is measured once; when nobody does, it is not measured, and what
 * was seen of it stays for as long as the app is open (within bounds), with a gap where nobody looked.
 */
export interface Sampler {
  /** @returns stops looking. */
  watch(id: string, listener: Listener): () => void
  past(id: string, most: number): StatsSample[]
  /** A container began to run, or the engine is back: what somebody looks at is measured again. */
  hear(event: EngineEvent | { type: 'reset' }): void
}

interface Feed {
  samples: StatsSample[]
  listeners: Set<Listener>
  running: AbortController | undefined
}

export function createSampler(api: EngineApi): Sampler {
  const feeds = new Map<string, Feed>()

  function feedOf(id: string): Feed {
    const feed = feeds.get(id) ?? { samples: [], listeners: new Set(), running: undefined }
    feeds.delete(id)
    feeds.set(id, feed)
    for (const [key, { listeners }] of feeds) {
      if (feeds.size <= mostContainers) break
      if (listeners.size === 0) feeds.delete(key)
    }
    return feed
  }

  async function measure(id: string, feed: Feed): Promise<void> {
    const controller = new AbortController()
    feed.running = controller
    let first = true
    try {
      for await (const sample of readStats(api, id, controller.signal)) {
        // The first has nothing to be measured against; a container that does not run is told with a moment of its own, the year 1.
        const counts = !first && sample.at > 0
        first = false
        if (!counts) continue
        feed.samples.push(sample)
        if (feed.samples.length > mostSamples + 100) feed.samples.splice(0, feed.samples.length - mostSamples)
        feed.listeners.forEach((listener) => listener(id, sample))
      }
    } catch {
      // It ended, is gone, or the engine is: whoever knows better says so.
    } finally {
      controller.abort()
      if (feed.running === controller) feed.running = undefined
    }
  }
  const wake = (id: string, feed: Feed) => {
    if (!feed.running && feed.listeners.size > 0) void measure(id, feed)
  }

  return {
    watch(id, listener) {
      const feed = feedOf(id)
      feed.listeners.add(listener)
      wake(id, feed)
      return () => {
        feed.listeners.delete(listener)
        if (feed.listeners.size === 0) feed.running?.abort()
        if (feed.listeners.size === 0) feed.running = undefined
      }
    },
    past: (id, most) => (most > 0 ? (feeds.get(id)?.samples.slice(-most) ?? []) : []),
    hear(event) {
      if (event.type === 'reset') feeds.forEach((feed, id) => wake(id, feed))
      else if (event.type === 'container.changed' && event.container.state.status === 'running') {
        const feed = feeds.get(event.container.id)
        if (feed) wake(event.container.id, feed)
      }
    },
  }
}
