import type { BuildMessage, BuildStep, BuildSummary } from '#shared/contract/builds.ts'
import type { BuildNews } from './step-reader.ts'

/** Characters of output that are kept; of more the oldest go. */
const LIMIT = 1_000_000
/** Of one message of the stream. */
const PIECE = 50_000

/** What a build has said so far, and whoever listens to it. */
export interface LiveBuild {
  summary: BuildSummary
  add(news: readonly BuildNews[]): void
  end(): void
  steps(): BuildStep[]
  output(): { step: number; text: string }[]
  /** Everything so far, then what comes; ends with the build. */
  listen(signal: AbortSignal): AsyncGenerator<BuildMessage>
}

export function createLiveBuild(summary: BuildSummary, said: readonly BuildNews[] = [], over = false): LiveBuild {
  const messages: BuildNews[] = [...said]
  let dropped = 0
  let length = 0
  let ended = over
  let wake = Promise.withResolvers<void>()
  const stir = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }

  function drop(): void {
    const at = messages.findIndex(({ kind }) => kind === 'output')
    const [gone] = messages.splice(at, 1)
    if (gone?.kind === 'output') length -= gone.text.length
    dropped++
  }

  return {
    summary,
    add(news) {
      if (news.length === 0) return
      for (const each of news) {
        messages.push(each)
        if (each.kind === 'output') length += each.text.length
      }
      while (length > LIMIT) drop()
      stir()
    },
    end() {
      ended = true
      stir()
    },
    steps: () => [...new Map(messages.flatMap((each) => (each.kind === 'step' ? [[each.step.number, each.step] as const] : []))).values()],
    output: () => merged(messages.filter((each) => each.kind === 'output')).map(({ step, text }) => ({ step, text })),
    async *listen(signal) {
      let seen = dropped
      while (!signal.aborted) {
        const news = wake.promise
        const fresh = messages.slice(Math.max(0, seen - dropped))
        seen = dropped + messages.length
        yield* joined(fresh)
        if (seen < dropped + messages.length) continue
        if (ended) return yield { kind: 'end' }
        await Promise.race([news, aborted(signal)])
      }
    },
  }
}

const aborted = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

/** Steps as they are, and what is said between them in pieces of some size. */
function* joined(news: readonly BuildNews[]): Generator<BuildNews> {
  let from = 0
  for (const [index, each] of news.entries()) {
    if (each.kind === 'output') continue
    yield* merged(news.slice(from, index).filter((one) => one.kind === 'output'))
    yield each
    from = index + 1
  }
  yield* merged(news.slice(from).filter((one) => one.kind === 'output'))
}

function merged(output: readonly Extract<BuildNews, { kind: 'output' }>[]): Extract<BuildNews, { kind: 'output' }>[] {
  const pieces: Extract<BuildNews, { kind: 'output' }>[] = []
  for (const { step, text } of output) {
    const last = pieces.at(-1)
    if (last?.step === step && last.text.length + text.length <= PIECE) last.text += text
    else pieces.push({ kind: 'output', step, text })
  }
  return pieces
}
