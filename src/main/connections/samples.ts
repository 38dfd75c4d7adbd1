import type { SamplesMessage, SamplesRequest, StatsSample } from '#shared/contract/streams.ts'
import type { Sampler } from './sampler.ts'

/** Milliseconds in which the samples of many containers are gathered to one message. */
const gathering = 200

interface Watching {
  signal: AbortSignal
  input: AsyncIterable<SamplesRequest>
}

/** One stream for all that a page shows. What it says anew replaces what it asked for before; only what is new in it is told from the past. */
export async function* watchSamples(sampler: Sampler, first: SamplesRequest, { signal, input }: Watching): AsyncGenerator<SamplesMessage> {
  const watched = new Map<string, () => void>()
  let pending = new Map<string, StatsSample[]>()
  let news = Promise.withResolvers<void>()

  const add = (id: string, samples: readonly StatsSample[]) => {
    if (samples.length === 0) return
    pending.set(id, [...(pending.get(id) ?? []), ...samples])
    news.resolve()
  }
  function look({ ids, past }: SamplesRequest): void {
    const wanted = new Set(ids)
    for (const [id, stop] of watched) {
      if (wanted.has(id)) continue
      stop()
      watched.delete(id)
    }
    for (const id of wanted) {
      if (watched.has(id)) continue
      add(id, sampler.past(id, past))
      watched.set(id, sampler.watch(id, (_, sample) => add(id, [sample])))
    }
  }
  const leave = () => news.resolve()
  signal.addEventListener('abort', leave)
  void (async () => {
    for await (const request of input) look(request)
  })()
  look(first)
  try {
    for (;;) {
      await news.promise
      if (signal.aborted) return
      await new Promise((resolve) => setTimeout(resolve, gathering))
      const message = [...pending].map(([id, samples]) => ({ id, samples }))
      pending = new Map()
      news = Promise.withResolvers()
      if (signal.aborted) return
      yield message
    }
  } finally {
    signal.removeEventListener('abort', leave)
    watched.forEach((stop) => stop())
  }
}
