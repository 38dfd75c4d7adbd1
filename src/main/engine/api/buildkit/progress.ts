import { createHash } from 'node:crypto'
import { messageOf } from '#shared/errors.ts'
import { timestamp, type StatusResponse, type Vertex, type VertexStatus } from './protocol/messages.ts'

export type Update = Partial<StatusResponse>

/** What a client is shown of one build: what was reported so far, then what comes, to the end. */
export interface Progress {
  report(update: Update): void
  end(): void
  updates(signal: AbortSignal): AsyncGenerator<Update>
  /** A step of our own, shown while `work` lasts. */
  during<Result>(name: string, work: (step: ShownStep) => Promise<Result>): Promise<Result>
}

/** One line of what the client draws, BuildKit's vertex. */
export interface ShownStep {
  readonly digest: string
  /** A line below it: with amounts, or done. */
  status(name: string, amounts?: { current: number; total?: number }, completed?: boolean): void
}

/** The name is its digest's only content: a client merges what has the same digest. */
export const vertexDigest = (build: string, step: string): string => `sha256:${createHash('sha256').update(`${build}\n${step}`).digest('hex')}`

export const now = () => timestamp(Date.now())

export function createProgress(build: string): Progress {
  const said: Update[] = []
  const listeners = new Set<() => void>()
  let over = false
  const wake = () => listeners.forEach((listener) => listener())
  const report = (update: Update) => {
    if (over) return
    said.push(update)
    wake()
  }
  return {
    report,
    end() {
      over = true
      wake()
    },
    async *updates(signal) {
      let next = 0
      let call = () => {}
      const listener = () => call()
      listeners.add(listener)
      signal.addEventListener('abort', listener)
      try {
        for (;;) {
          while (next < said.length) yield said[next++]!
          if (over || signal.aborted) return
          await new Promise<void>((resolve) => (call = resolve))
        }
      } finally {
        listeners.delete(listener)
        signal.removeEventListener('abort', listener)
      }
    },
    async during(name, work) {
      const digest = vertexDigest(build, name)
      const vertex: Partial<Vertex> = { digest, name, started: now() }
      report({ vertexes: [vertex] })
      try {
        const result = await work({ digest, status: createStatus(digest, report) })
        report({ vertexes: [{ ...vertex, completed: now() }] })
        return result
      } catch (error) {
        report({ vertexes: [{ ...vertex, completed: now(), error: messageOf(error) }] })
        throw error
      }
    },
  }
}

/** Lines below a step, each with the time it began. */
export function createStatus(vertex: string, report: (update: Update) => void): ShownStep['status'] {
  const begun = new Map<string, VertexStatus['started']>()
  return (name, { current, total = 0 } = { current: 0 }, completed = false) => {
    const started = begun.get(name) ?? now()
    begun.set(name, started)
    report({ statuses: [{ ID: name, vertex, name, current, total, timestamp: now(), started, ...(completed && { completed: now() }) }] })
  }
}
