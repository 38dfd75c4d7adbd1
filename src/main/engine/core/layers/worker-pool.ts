import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { EngineError } from '#shared/errors.ts'
import { loadSyscalls } from '../host/syscalls.ts'
import { batchesOf } from '#base/batches.ts'
import { fromPlain, type Job, type Piece, type Reply } from './jobs.ts'
import type { ComingOptions, TransferOptions } from './layers.ts'

/** As many as the machine of the budgets has processors; more would only take memory. */
const WORKING = 2
/** Beside those, jobs that read what comes, and jobs whose chunks somebody reads: both go as slowly as the other side, and nobody else is to wait for that. */
const FED = 2
const STREAMING = 8
/** Pieces on their way to a thread before the next is read. */
const PIECES_AHEAD = 4
/** Milliseconds a thread without work is kept: an image has several layers, and a thread takes 30 ms to start. */
const IDLE = 1500

/** From sources the entry is worker.ts beside this file; bundled it is layer-worker.js beside the main chunk or one folder above. */
function workerEntry(): URL {
  const candidates = ['./layer-worker.js', '../layer-worker.js', './worker.ts'].map((name) => new URL(name, import.meta.url))
  return candidates.find((candidate) => existsSync(candidate)) ?? candidates[0]!
}

/** What goes on beside a job. */
interface Beside {
  onChunk?: (chunk: Uint8Array, acknowledge: () => void) => void
  /** What the job reads. */
  feed?: { stream: Readable; own: boolean }
}

/** Jobs that only wait for one another. */
interface Lane {
  readonly limit: number
  running: number
  readonly queue: Waiting[]
}

const createLane = (limit: number): Lane => ({ limit, running: 0, queue: [] })

interface Waiting {
  start(worker: Worker): void
  refuse(error: Error): void
}

/** Runs jobs in threads, so many of a kind at a time and the rest in order. A job is cancelled by ending its thread, the only way to stop synchronous work. */
export class WorkerPool implements AsyncDisposable {
  readonly #idle = new Map<Worker, NodeJS.Timeout>()
  readonly #working = createLane(WORKING)
  readonly #fed = createLane(FED)
  readonly #streaming = createLane(STREAMING)
  #closed = false

  async run<Result>(job: Job, options: TransferOptions = {}): Promise<Result> {
    return this.#converse<Result>(job, options, this.#working)
  }

  /** Whether there is a thread for one more job that reads what comes. */
  get mayFeed(): boolean {
    return this.#fed.running < this.#fed.limit
  }

  /** A job that reads what comes; only where there {@link mayFeed | may} be one more. */
  async feed<Result>(job: Job, feed: Readable, options: ComingOptions = {}): Promise<Result> {
    try {
      return await this.#converse<Result>(job, options, this.#fed, { feed: { stream: feed, own: options.own === true } })
    } finally {
      feed.destroy()
    }
  }

  /** The chunks a job sends, as a stream that makes the thread wait when nobody reads. */
  stream(job: Job, { signal, onProgress }: TransferOptions = {}): Readable {
    const cancel = new AbortController()
    const pending: (() => void)[] = []
    const output = new Readable({
      read: () => pending.splice(0).forEach((acknowledge) => acknowledge()),
      destroy: (error, done) => {
        cancel.abort()
        done(error)
      },
    })
    // Whoever asked for it may be gone before it is read.
    output.on('error', () => {})
    let bytes = 0
    this.#converse(job, { signal: signal ? AbortSignal.any([signal, cancel.signal]) : cancel.signal }, this.#streaming, {
      onChunk: (chunk, acknowledge) => {
        onProgress?.((bytes += chunk.length))
        if (output.push(chunk)) acknowledge()
        else pending.push(acknowledge)
      },
    }).then(
      () => output.push(null),
      (error: Error) => void output.destroy(error),
    )
    return output
  }

  async [Symbol.asyncDispose]() {
    this.#closed = true
    for (const { queue } of [this.#working, this.#fed, this.#streaming]) for (const waiting of queue.splice(0)) waiting.refuse(cancelled())
    await Promise.all([...this.#idle.keys()].map((worker) => worker.terminate()))
    this.#idle.clear()
  }

  async #converse<Result>(job: Job, { signal, onProgress }: TransferOptions, lane: Lane, { onChunk, feed }: Beside = {}): Promise<Result> {
    const worker = await this.#acquire(lane, signal)
    let usable = false
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const abort = () => reject(cancelled())
    const ended = (code: number) => reject(new EngineError('internal', `layer thread ended with ${code}`))
    const turns = createTurns(PIECES_AHEAD)
    const answer = (reply: Reply) => {
      if (reply === 'taken') return turns.giveBack()
      if ('progress' in reply) return onProgress?.(reply.progress)
      if ('chunk' in reply) return onChunk?.(reply.chunk, () => worker.postMessage('acknowledge'))
      // What was still on its way to a job that failed is not for the next one.
      usable = !(feed && 'error' in reply)
      if ('error' in reply) reject(fromPlain(reply.error))
      else resolve(reply.result as Result)
    }
    worker.on('error', reject).on('exit', ended).on('message', answer)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      worker.postMessage(job)
      if (signal?.aborted) abort()
      if (feed) send(feed, worker, turns).catch(reject)
      return await promise
    } finally {
      // Each by name: removeAllListeners would also take away what the Worker object itself listens to.
      worker.off('error', reject).off('exit', ended).off('message', answer)
      signal?.removeEventListener('abort', abort)
      await this.#release(lane, worker, usable)
    }
  }

  async #acquire(lane: Lane, signal: AbortSignal | undefined): Promise<Worker> {
    if (this.#closed || signal?.aborted) throw cancelled()
    if (lane.running < lane.limit) {
      lane.running++
      return this.#take()
    }
    return new Promise<Worker>((resolve, reject) => {
      const waiting: Waiting = {
        start: (worker) => {
          signal?.removeEventListener('abort', leave)
          resolve(worker)
        },
        refuse: reject,
      }
      const leave = () => {
        lane.queue.splice(lane.queue.indexOf(waiting), 1)
        reject(cancelled())
      }
      signal?.addEventListener('abort', leave, { once: true })
      lane.queue.push(waiting)
    })
  }

  #take(): Worker {
    // The last one to rest: what it needs is at hand, and the other one may end.
    const idle = [...this.#idle].at(-1)
    if (!idle) return new Worker(workerEntry(), { name: 'layer', resourceLimits: { maxYoungGenerationSizeMb: 16 } })
    clearTimeout(idle[1])
    this.#idle.delete(idle[0])
    idle[0].ref()
    return idle[0]
  }

  async #release(lane: Lane, worker: Worker, usable: boolean): Promise<void> {
    if (!usable || this.#closed) await worker.terminate()
    else this.#rest(worker)
    const next = lane.queue.shift()
    if (next) next.start(this.#take())
    else lane.running--
  }

  #rest(worker: Worker): void {
    const timer = setTimeout(() => {
      this.#idle.delete(worker)
      // What the thread had allocated goes back to the kernel only when asked for: 50 MB after a large pull.
      void worker.terminate().then(() => loadSyscalls().trimHeap())
    }, IDLE)
    timer.unref()
    worker.unref()
    this.#idle.set(worker, timer)
  }
}

/** Each batch in memory of its own, which goes over to the thread. */
async function send({ stream, own }: NonNullable<Beside['feed']>, worker: Worker, turns: Turns): Promise<void> {
  for await (const batch of batchesOf(stream, { own })) {
    const piece = Buffer.allocUnsafeSlow(batch.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const chunk of batch) at += chunk.copy(piece, at)
    await turns.take()
    worker.postMessage({ piece } satisfies Piece, [piece.buffer])
  }
  worker.postMessage({ piece: undefined } satisfies Piece)
}

interface Turns {
  take(): Promise<void>
  giveBack(): void
}

function createTurns(count: number): Turns {
  let [free, wake] = [count, () => {}]
  return {
    async take() {
      while (free === 0) await new Promise<void>((resolve) => (wake = resolve))
      free--
    },
    giveBack() {
      free++
      wake()
    },
  }
}

const cancelled = () => new EngineError('cancelled', 'the operation was cancelled', { reason: 'cancelled' })
