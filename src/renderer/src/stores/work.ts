import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef } from 'vue'
import type { CallOptions } from '../engine/proxy.ts'
import { isEngineError } from '#shared/errors.ts'
import { addStep, noProgress, type Progress } from './progress.ts'

export const WORK_KINDS = ['apply', 'pull', 'run', 'edit', 'saveLogs', 'backup', 'clone', 'commit', 'copy', 'download', 'export', 'restore', 'upload', 'push', 'save', 'load', 'import', 'build', 'checkUp', 'cleanUp', 'deploy', 'move', 'moveData'] as const
export type WorkKind = (typeof WORK_KINDS)[number]
export type WorkState = { status: 'running' } | { status: 'done' } | { status: 'cancelled' } | { status: 'failed'; error: unknown }

/** A long call: it outlives the page that began it, shows its progress in the status line and can be cancelled there. */
export interface Work {
  readonly id: number
  readonly kind: WorkKind
  /** What it works on: an image reference. */
  readonly subject: string
  state: WorkState
  progress: Progress
  cancel: () => void
  /** Begins the same anew. */
  again: () => void
}

export const useWork = defineStore('work', () => {
  const entries = shallowRef<readonly Work[]>([])
  const running = computed(() => entries.value.filter(({ state }) => state.status === 'running'))
  const ended = new Set<(work: Work, took: number) => void>()
  let last = 0

  /** Begins a piece of work. `done` rejects as the call does; the entry stays listed until dismissed when it failed. */
  function begin<Answer>(kind: WorkKind, subject: string, call: (options: CallOptions) => Promise<Answer>): { work: Work; done: Promise<Answer> } {
    const abort = new AbortController()
    const work: Work = shallowReactive({ id: ++last, kind, subject, state: { status: 'running' }, progress: noProgress, cancel: () => abort.abort(), again: () => void begin(kind, subject, call).done.catch(() => undefined) })
    entries.value = [...entries.value, work]
    const onProgress: CallOptions['onProgress'] = (step) => (work.progress = addStep(work.progress, step))
    return { work, done: settle(work, performance.now(), call({ signal: abort.signal, onProgress })) }
  }

  async function settle<Answer>(work: Work, since: number, call: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await call
      finish(work, { status: 'done' })
      return answer
    } catch (error) {
      finish(work, isEngineError(error, 'cancelled') ? { status: 'cancelled' } : { status: 'failed', error })
      throw error
    } finally {
      ended.forEach((hear) => hear(work, performance.now() - since))
    }
  }

  function finish(work: Work, state: WorkState) {
    work.state = state
    entries.value = state.status === 'failed' ? [...entries.value] : entries.value.filter((each) => each !== work)
  }

  /** Hears of every piece that ends, and how many milliseconds it took. */
  const onEnd = (hear: (work: Work, took: number) => void) => void ended.add(hear)

  /** What failed is tried again, in its place. */
  function again(work: Work) {
    dismiss(work)
    work.again()
  }
  function dismiss(work: Work) {
    entries.value = entries.value.filter((each) => each !== work)
  }
  return { entries, running, begin, dismiss, again, onEnd }
})
