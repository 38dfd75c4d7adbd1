import type { EngineState } from '#shared/contract/engine.ts'
import { serializeError } from '#shared/contract/errors.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import { createBackoff, type Backoff } from '#base/backoff.ts'
import { compareVersions } from '#base/compare-versions.ts'
import { startChild, type EngineChild, type EngineCommand } from './engine-child.ts'
import { findRunningEngine, type RunningEngine } from './running-engine.ts'

/**
 * The engine host: keeps one engine going for the desktop app.
 *
 * An engine that already listens on the socket is **adopted**: left running by an app that crashed, or started by hand. One of an older version gives
 * way first. Otherwise one is **started** as a child, and started again when it dies, after a delay that doubles. Containers are never touched by any of
 * this. What cannot be helped by trying again (the machine lacks something, the command line is wrong) ends in `failed`, with the engine's
 * own words and remedy, until somebody asks for a restart.
 */
export interface EngineHost extends AsyncDisposable {
  readonly socketPath: string
  state(): EngineState
  /** Called at every change, not at once. @returns how to stop listening. */
  onState(listener: (state: EngineState) => void): () => void
  /** Ends the engine, if there is one, and starts it anew. @throws failed-precondition when the adopted engine's pid is not known. */
  restart(): Promise<void>
  /** Ends the engine for the time of the work, and starts it again whatever came of that. Nothing else starts it meanwhile. @throws as the work does, or as restart. */
  without<Answer>(work: () => Promise<Answer>): Promise<Answer>
}

export interface EngineHostOptions {
  /** Made anew for each start: settings may have changed. */
  command: () => EngineCommand
  socketPath: string
  /** The run root's lock file, which names the pid of an engine that was not started here. */
  lockFile: string
  /** Of the engine that is started; an older one that runs gives way to it, and the containers run on. */
  version?: string
  /** Milliseconds between a death and the next start: the first, and the longest. */
  backoff?: readonly [number, number]
  /** Gets what the engine says on standard error, a line at a time. */
  log?: (line: string) => void
}

/** Deaths in a row before it was ever ready, after which trying again is no use. */
const HOPELESS = 5
/** Exit statuses that the next try would end with as well: engine/command-line.ts. */
const PERMANENT = new Set([2, 4])

type Current = { kind: 'child'; child: EngineChild } | { kind: 'adopted'; engine: RunningEngine } | { kind: 'none' }

/** Begins at once; `state()` tells how far it is. */
export function startEngineHost(options: EngineHostOptions): EngineHost {
  const supervisor = new Supervisor(options)
  supervisor.begin()
  return supervisor
}

class Supervisor implements EngineHost {
  readonly socketPath: string
  readonly #options: EngineHostOptions
  readonly #backoff: Backoff
  readonly #listeners = new Set<(state: EngineState) => void>()
  #state: EngineState = { status: 'starting' }
  #current: Current = { kind: 'none' }
  #attempt = 0
  /** Rises whenever what runs is no longer wanted, so that news of it is not acted upon. */
  #generation = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: EngineHostOptions) {
    this.#options = options
    this.socketPath = options.socketPath
    this.#backoff = createBackoff(...(options.backoff ?? [500, 30_000]))
  }

  state = () => this.#state

  onState(listener: (state: EngineState) => void): () => void {
    const own = (state: EngineState) => listener(state)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  begin(): void {
    void this.#adoptOrStart(++this.#generation)
  }

  async restart(): Promise<void> {
    this.#refuseUnknown()
    const generation = ++this.#generation
    this.#become({ status: 'starting' })
    await this.#endCurrent({ adopted: true })
    if (generation !== this.#generation) return
    this.#attempt = 0
    this.#backoff.reset()
    await this.#adoptOrStart(generation)
  }

  async without<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.#refuseUnknown()
    const generation = ++this.#generation
    await this.#endCurrent({ adopted: true })
    this.#become({ status: 'stopped' })
    try {
      return await work()
    } finally {
      if (generation === this.#generation) await this.restart()
    }
  }

  #refuseUnknown(): void {
    if (this.#current.kind !== 'adopted' || this.#current.engine.pid !== undefined) return
    throw new EngineError('failed-precondition', 'The engine was not started by this app, and its process is not known.', { reason: 'engine-external', hint: 'Restart it where it was started.' })
  }

  /** An adopted engine is somebody else's to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#generation++
    await this.#endCurrent({ adopted: false })
    this.#become({ status: 'stopped' })
    this.#listeners.clear()
  }

  async #endCurrent({ adopted }: { adopted: boolean }): Promise<void> {
    clearTimeout(this.#timer)
    const current = this.#current
    this.#current = { kind: 'none' }
    if (current.kind === 'child') await current.child.end()
    if (current.kind === 'adopted') await (adopted ? current.engine.end() : current.engine.leave())
  }

  async #adoptOrStart(generation: number): Promise<void> {
    const engine = await findRunningEngine(this.#options)
    if (generation !== this.#generation) return engine?.leave()
    if (engine && this.#isOutdated(engine)) {
      await engine.end()
      if (generation === this.#generation) this.#start(generation)
    } else if (engine) this.#adopt(engine, generation)
    else this.#start(generation)
  }

  /** After an upgrade of the app: one of the version before still runs. A newer one knows the records better than ours would. */
  #isOutdated({ pid, version }: RunningEngine): boolean {
    const { version: ours } = this.#options
    return pid !== undefined && version !== undefined && ours !== undefined && compareVersions(version, ours) < 0
  }

  #adopt(engine: RunningEngine, generation: number): void {
    this.#current = { kind: 'adopted', engine }
    this.#ready(engine.pid ?? 0)
    void engine.ended.then(() => generation === this.#generation && this.#died('the engine ended', generation))
  }

  #start(generation: number): void {
    const child = startChild(this.#options.command(), this.#options.log)
    this.#current = { kind: 'child', child }
    let ready = false
    void child.ready.then((pid) => {
      if (generation !== this.#generation) return
      ready = true
      this.#ready(pid)
    })
    void child.ended.then(({ status, message, hint }) => {
      if (generation !== this.#generation) return
      const hopeless = status !== undefined && PERMANENT.has(status)
      const repeated = !ready && this.#attempt + 1 >= HOPELESS
      if (hopeless || repeated) this.#fail(new EngineError('failed-precondition', message, { reason: 'engine-failed', hint }))
      else this.#died(message, generation)
    })
  }

  #ready(pid: number): void {
    const after = this.#state.status === 'restarting' ? this.#state.reason : undefined
    this.#attempt = 0
    this.#backoff.reset()
    this.#become({ status: 'running', pid, since: Date.now(), ...(after !== undefined && { after }) })
  }

  #died(reason: string, generation: number): void {
    this.#current = { kind: 'none' }
    this.#attempt++
    this.#become({ status: 'restarting', since: Date.now(), attempt: this.#attempt, reason })
    this.#timer = setTimeout(() => void this.#adoptOrStart(generation), this.#backoff.next())
  }

  #fail(error: EngineError): void {
    this.#current = { kind: 'none' }
    this.#become({ status: 'failed', error: serializeError(error) })
  }

  #become(state: EngineState): void {
    this.#state = state
    for (const listener of [...this.#listeners]) {
      try {
        listener(state)
      } catch (error) {
        this.#options.log?.(`a listener to the engine's state failed: ${messageOf(error)}`)
      }
    }
  }
}
