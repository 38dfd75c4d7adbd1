import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { PassThrough } from 'node:stream'
import { EngineError, messageOf } from '#shared/errors.ts'

interface Options {
  environment?: Record<string, string>
  folder?: string
  signal: AbortSignal
}

/** Never throws for how the program ended. */
export async function readOutput(program: string, args: readonly string[], { environment, folder, signal }: Options): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = start(program, args, { environment, folder, signal })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exitOf(child)])
  return { code, stdout, stderr }
}

/** What it says, as it says it; ends with its status. Aborted, it is asked to end as by Ctrl-C. */
export async function* runProgram(program: string, args: readonly string[], options: Options): AsyncGenerator<{ text: string } | { code: number }> {
  const child = start(program, args, options)
  const exit = exitOf(child)
  const both = new PassThrough()
  child.stdout.pipe(both, { end: false })
  child.stderr.pipe(both, { end: false })
  void exit.finally(() => both.end()).catch(() => {})
  const decoder = new TextDecoder()
  for await (const bytes of both) yield { text: decoder.decode(bytes as Uint8Array, { stream: true }) }
  yield { code: await exit }
}

function start(program: string, args: readonly string[], { environment, folder, signal }: Options) {
  const { DOCKER_CONTEXT: _context, ...inherited } = process.env
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited, ...environment }, ...(folder !== undefined && { cwd: folder }) })
  const interrupt = () => void child.kill('SIGINT')
  if (signal.aborted) interrupt()
  signal.addEventListener('abort', interrupt)
  child.once('close', () => signal.removeEventListener('abort', interrupt))
  return child
}

async function exitOf(child: ReturnType<typeof start>): Promise<number> {
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return code ?? 130
  } catch (error) {
    throw new EngineError('failed-precondition', `docker compose could not be started: ${messageOf(error)}`, { reason: 'compose-failed' })
  }
}
