import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program, its arguments, and what its environment has beyond ours. */
export interface EngineCommand {
  program: string
  args: readonly string[]
  environment?: Record<string, string>
}

export interface EngineEnding {
  /** Undefined when a signal ended it, or it could not be started. */
  status: number | undefined
  message: string
  hint?: string
}

export interface EngineChild {
  /** Its pid, once it accepts connections; never settles when it ends before. */
  readonly ready: Promise<number>
  /** Never rejects. */
  readonly ended: Promise<EngineEnding>
  /** Asks it to end and waits; insists after ten seconds. Containers run on either way. */
  end(): Promise<void>
}

const PATIENCE = 10_000
const TAIL_LINES = 40

/**
 * Starts the engine. It has a session of its own: a Ctrl-C meant for the app reaches it in good order through the app, and it outlives
 * an app that is killed, whose successor adopts it.
 */
export function startChild(command: EngineCommand, log: (line: string) => void = () => {}): EngineChild {
  const child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...command.environment }, detached: true })
  const tail: string[] = []
  createInterface(child.stderr).on('line', (line) => {
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    log(line)
  })
  const { promise: ready, resolve } = Promise.withResolvers<number>()
  createInterface(child.stdout).on('line', (line) => line.startsWith('engine ready ') && resolve(child.pid!))
  const ended = endingOf(child, tail)
  return {
    ready,
    ended,
    async end() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
      await ended
      clearTimeout(timer)
    },
  }
}

async function endingOf(child: ReturnType<typeof spawn>, tail: readonly string[]): Promise<EngineEnding> {
  try {
    // `close` comes after the last line of output.
    const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { status: status ?? undefined, ...lastWords(tail, signal === null ? `the engine ended with status ${status}` : `the engine was ended by ${signal}`) }
  } catch (error) {
    return { status: undefined, message: `the engine could not be started: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** The engine's last message is `slipway-engine: what and why`, and below it, indented, what to do. */
function lastWords(tail: readonly string[], otherwise: string): { message: string; hint?: string } {
  const at = tail.findLastIndex((line) => line.startsWith('slipway-engine: '))
  if (at < 0) return { message: otherwise }
  const hint = tail.slice(at + 1).filter((line) => line.startsWith('  ')).map((line) => line.slice(2)).join('\n')
  return { message: tail[at]!.slice('slipway-engine: '.length), ...(hint !== '' && { hint }) }
}
