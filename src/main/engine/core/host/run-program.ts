import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { signalNumber } from '#base/signal.ts'
import type { RunOptions, RunResult } from './host.ts'
import packages from './probe/packages.json' with { type: 'json' }
import { installCommand, type PackagedProgram } from './probe/remedy.ts'
import { searchPath } from './programs.ts'

const DEFAULT_DEADLINE = 30_000
/** More than any program that is run here has to say; what comes after is dropped, so that a mad one cannot fill the memory. */
const OUTPUT_LIMIT = 16 * 1024 * 1024

/** What `run` takes, with the namespace already resolved to a path. */
export type ProgramOptions = Omit<RunOptions, 'networkNamespace'> & { networkNamespace?: string }

/**
 * Runs a program to its end and gives what it said. No shell is involved.
 *
 * @throws failed-precondition with reason `program-missing` or `program-failed` (the program's own words in the message), deadline-exceeded, cancelled.
 */
export async function runProgram(program: string, args: readonly string[], options: ProgramOptions = {}): Promise<RunResult> {
  options.signal?.throwIfAborted()
  if (args.some((arg) => arg.includes('\0'))) throw new EngineError('invalid-argument', `${program} cannot be given a text with a NUL byte.`, { reason: 'nul-byte' })
  const [file, ...rest] = inNamespace(program, args, options.networkNamespace)
  const child = spawn(file, rest, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, PATH: searchPath(), LC_ALL: 'C', ...options.environment },
    killSignal: 'SIGKILL',
  })
  const stdout = collect(child.stdout!)
  const stderr = collect(child.stderr!)
  feed(child, options.input)
  const ending = await endOf(child, program, options)
  const result = { code: ending.code, stdout: stdout(), stderr: stderr() }
  if (result.code !== 0 && !options.allowFailure) throw failure(program, args, result)
  return result
}

function inNamespace(program: string, args: readonly string[], namespace: string | undefined): [string, ...string[]] {
  return namespace === undefined ? [program, ...args] : ['nsenter', `--net=${namespace}`, '--', program, ...args]
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = []
  let length = 0
  stream.on('data', (chunk: Buffer) => {
    if (length < OUTPUT_LIMIT) chunks.push(chunk)
    length += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function feed(child: ChildProcess, input: string | Uint8Array | undefined): void {
  if (!child.stdin) return
  // A program that ends without reading its input says why by its exit status.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
}

async function endOf(child: ChildProcess, program: string, options: ProgramOptions): Promise<{ code: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number }>()
  let stopped: EngineError | undefined
  const stop = (reason: EngineError) => {
    stopped ??= reason
    child.kill('SIGKILL')
  }
  const milliseconds = options.deadline ?? DEFAULT_DEADLINE
  const timer = setTimeout(() => stop(new EngineError('deadline-exceeded', `${program} did not end within ${milliseconds / 1000} s.`)), milliseconds)
  const onAbort = () => stop(new EngineError('cancelled', `${program} was cancelled.`))
  options.signal?.addEventListener('abort', onAbort, { once: true })
  child.once('error', (cause: NodeJS.ErrnoException) => reject(startFailure(program, cause)))
  // `close` and not `exit`: then the output is complete.
  child.once('close', (code, signal) => (stopped ? reject(stopped) : resolve({ code: code ?? 128 + (signalNumber(signal ?? '') ?? 0) })))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
  }
}

function startFailure(program: string, cause: NodeJS.ErrnoException): EngineError {
  if (cause.code === 'ENOENT') return new EngineError('failed-precondition', `The program ${program} is not installed.`, { reason: 'program-missing', hint: program in packages ? installCommand([program as PackagedProgram]) : `Install ${program}; the host checks name the package.`, cause })
  return new EngineError('failed-precondition', `The program ${program} cannot be started: ${cause.message}`, { reason: 'program-failed', cause })
}

function failure(program: string, args: readonly string[], result: RunResult): EngineError {
  const words = result.stderr.trim() || result.stdout.trim() || `exit status ${result.code}`
  const cause = new Error(`${[program, ...args].join(' ')}: exit status ${result.code}`)
  return new EngineError('failed-precondition', `${program}: ${words.slice(0, 4096)}`, { reason: 'program-failed', cause })
}
