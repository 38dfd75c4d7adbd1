import { EngineError } from '#shared/errors.ts'
import type { Exit, MonitoredProcess } from '../runtime.ts'
import { createFakeStdio, notRunning } from './fake-stdio.ts'

/** What a scripted program sees of its world. */
export interface FakeProgram {
  readonly args: readonly string[]
  readonly env: readonly string[]
  /** What attached clients write, until they end it. */
  readonly stdin: AsyncIterable<Uint8Array>
  stdout(text: string | Uint8Array): void
  stderr(text: string | Uint8Array): void
  /** Without a handler a signal kills; SIGKILL always does. */
  onSignal(handler: (signal: number) => void): void
  /** Resolves when it was killed. */
  readonly killed: Promise<void>
}

/** Returns its exit code; undefined is 0. */
export type FakeScript = (program: FakeProgram) => Promise<number | void> | number | void

export interface FakeProcessOptions {
  args: readonly string[]
  env: readonly string[]
  tty: boolean
  stdin: 'none' | 'keep' | 'once'
  /** Undefined: there is no such program. */
  script: FakeScript | undefined
  pid: number
}

export interface FakeProcess extends MonitoredProcess {
  readonly ended: boolean
  /** Sizes it was told, in order. */
  readonly sizes: { rows: number; columns: number }[]
  /** Ends it as if the machine had. */
  end(exit: Partial<Exit>): void
}

const SIGKILL = 9

export function createFakeProcess(options: FakeProcessOptions): FakeProcess {
  const exited = Promise.withResolvers<Exit>()
  const killed = Promise.withResolvers<void>()
  const stdio = createFakeStdio(options)
  const sizes: FakeProcess['sizes'] = []
  let handler: ((signal: number) => void) | undefined
  let state: 'waiting' | 'running' | 'ended' = 'waiting'
  const program: FakeProgram = {
    args: options.args,
    env: options.env,
    stdin: stdio.stdin,
    stdout: (text) => stdio.write('stdout', text),
    stderr: (text) => stdio.write('stderr', text),
    onSignal: (given) => (handler = given),
    killed: killed.promise,
  }

  function end({ code = 0, oomKilled = false, at = BigInt(Date.now()) * 1_000_000n, lost }: Partial<Exit>): void {
    if (state === 'ended') return
    state = 'ended'
    stdio.close()
    killed.resolve()
    exited.resolve({ code, oomKilled, at, ...(lost && { lost }) })
  }

  async function start(): Promise<number> {
    if (state !== 'waiting') throw new EngineError('failed-precondition', 'already started', { reason: 'not-running' })
    const { script, args, pid } = options
    if (script === undefined) {
      end({ code: 127 })
      throw new EngineError('invalid-argument', `failed to create task for container: exec: "${args[0]}": executable file not found in $PATH`, { reason: 'executable-not-found' })
    }
    state = 'running'
    void (async () => end({ code: (await script(program)) ?? 0 }))()
    return pid
  }

  return {
    get pid() {
      return state === 'waiting' ? undefined : options.pid
    },
    get ended() {
      return state === 'ended'
    },
    sizes,
    exited: exited.promise,
    end,
    start,
    async attach(streams) {
      if (state === 'ended') throw notRunning()
      return stdio.attach(streams)
    },
    async resize(size) {
      if (state === 'ended') throw notRunning()
      sizes.push(size)
    },
    async signal(signal) {
      if (state !== 'running') throw notRunning()
      if (handler !== undefined && signal !== SIGKILL) handler(signal)
      else end({ code: 128 + signal })
    },
  }
}
