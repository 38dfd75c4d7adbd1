import type { Socket } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import type { Exit, MonitoredProcess } from '../runtime.ts'
import { startFailure, type StartedKind } from '../start-failure.ts'
import { openAttach } from './attach-stream.ts'
import { connectShim } from './connect.ts'
import { openControl, type ControlConnection, type ShimEnding } from './control-connection.ts'

export interface ShimProcess extends MonitoredProcess {
  /** It was told to start, by this engine or an earlier one. */
  readonly begun: boolean
  /** After it was told to start: it runs, or never will. */
  readonly settled: Promise<void>
  /** `exited` has resolved, or will without the process. */
  readonly ended: boolean
  /** The shim is gone too, and the runtime has forgotten the container. */
  readonly gone: Promise<void>
  /** Leaves the shim to itself, those that attached here too: before start that ends it. */
  close(): void
}

export interface ShimProcessOptions {
  stateDirectory: string
  /** What is to be run, for the words of a failure. */
  kind: StartedKind
  executable(): string
  /** The shim is gone without having said how it ended. Cleans up and tells what can be told. May be called more than once. */
  recover(): Promise<Exit>
}

/** The process whose shim listens in the state directory, with all that has happened to it. Undefined when no shim does. */
export async function openShimProcess(options: ShimProcessOptions): Promise<ShimProcess | undefined> {
  const socket = await connectShim(options.stateDirectory)
  if (socket === undefined) return undefined
  const control = openControl(socket)
  /* What has happened already is told before this is answered. A refusal means that it has just ended, which `ended` tells. */
  await control.request({ type: 'subscribe' }).catch(() => {})
  return monitor(control, options)
}

function monitor(control: ControlConnection, options: ShimProcessOptions): ShimProcess {
  let ended = false
  let begun = control.pid !== undefined
  const attached = new Set<Socket>()
  const exited = control.ended.then((ending) => {
    ended = true
    return exitOf(ending, options)
  })
  exited.catch(() => {}) /* whoever waits for it is told */
  return {
    get pid() {
      return control.pid
    },
    get ended() {
      return ended
    },
    get begun() {
      return begun
    },
    settled: Promise.race([control.started, control.ended]).then(() => {}),
    start() {
      begun = true
      return start(control, options)
    },
    async attach(streams) {
      const socket = await connectShim(options.stateDirectory)
      if (socket === undefined) throw new EngineError('failed-precondition', 'the process has ended', { reason: 'not-running' })
      attached.add(socket)
      socket.once('close', () => attached.delete(socket))
      return await openAttach(socket, streams)
    },
    resize: ({ rows, columns }) => control.request({ type: 'resize', rows, columns }),
    signal: (signal) => control.request({ type: 'signal', signal }),
    exited,
    gone: control.gone.then(() => exited).then(() => {}, () => {}),
    close() {
      control.close()
      for (const socket of attached) socket.destroy()
    },
  }
}

async function start(control: ControlConnection, { kind, executable }: ShimProcessOptions): Promise<number> {
  await control.request({ type: 'start' })
  const failed = control.ended.then((ending) => {
    if (ending?.type === 'exit') return control.started /* it was told before */
    if (ending?.type === 'start-failed') throw startFailure(kind, ending.text, executable()).error
    throw new EngineError('unavailable', 'the shim was lost while it started the process', { reason: 'shim-lost' })
  })
  return await Promise.race([control.started, failed])
}

async function exitOf(ending: ShimEnding, options: ShimProcessOptions): Promise<Exit> {
  switch (ending?.type) {
    case 'exit':
      return { code: ending.code, oomKilled: ending.oomKilled, at: ending.at }
    case 'start-failed':
      return { code: startFailure(options.kind, ending.text, options.executable()).exitCode, oomKilled: false, at: nowNano() }
    default:
      return await options.recover()
  }
}

/** Unix nanoseconds, to the millisecond. */
export const nowNano = (): bigint => BigInt(Date.now()) * 1_000_000n
