import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { ComposeRun } from '#shared/contract/compose.ts'
import type { EngineProxy } from '../../engine/proxy.ts'

/** docker compose at work on one file, or as it ended. */
export interface ComposeWork {
  verb: ComposeRun['verb']
  output: string
  /** Undefined while it works. */
  code?: number
  error?: unknown
  stop: () => void
}
const KEPT = 200_000

/** The last work on each file: it goes on while other pages are looked at. */
export const useComposeRuns = defineStore('compose-runs', () => {
  const works = shallowReactive(new Map<string, ComposeWork>())

  function begin(engine: Pick<EngineProxy, 'openStream'>, run: ComposeRun): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>()
    const change = (next: Partial<ComposeWork>) => works.set(run.file, { ...(works.get(run.file) as ComposeWork), ...next })
    const stream = engine.openStream('compose.run', run, {
      onMessage: (message) => void (message.kind === 'output' ? change({ output: ((works.get(run.file)?.output ?? '') + message.text).slice(-KEPT) }) : change({ code: message.code })),
      onEnd(error) {
        if (error) change({ error, code: -1 })
        resolve(works.get(run.file)?.code ?? -1)
      },
    })
    works.set(run.file, {
      verb: run.verb,
      output: '',
      stop() {
        stream.close()
        change({ code: 130 })
        resolve(130)
      },
    })
    return promise
  }
  return { works, begin }
})
