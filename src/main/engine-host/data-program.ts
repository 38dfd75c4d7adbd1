import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { EngineError, type ErrorCode } from '#shared/errors.ts'
import type { EngineCommand } from './engine-child.ts'

/** What `slipway-engine data …` says while it works, one line each. */
export interface DataStep {
  step: 'measuring' | 'copying' | 'verifying'
  current: number
  total: number
}

/** Runs it to its end. @returns its last line. @throws what it said, or cancelled. */
export async function runDataProgram<Answer>(command: EngineCommand, { signal, tell = () => {} }: { signal: AbortSignal; tell?: (step: DataStep) => void }): Promise<Answer> {
  if (signal.aborted) throw new EngineError('cancelled', 'Cancelled.')
  const child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...command.environment } })
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  let answer: Answer | undefined
  createInterface(child.stdout).on('line', (line) => {
    const said = JSON.parse(line) as DataStep | Answer
    if (typeof said === 'object' && said !== null && 'step' in said) tell(said)
    else answer = said as Answer
  })
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4000)))
  try {
    const status = await ended
    if (status === 0 && answer !== undefined) return answer
    throw signal.aborted ? new EngineError('cancelled', 'Cancelled.') : failure(words)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Its error stands as one line of JSON before the words for people. */
function failure(words: string): EngineError {
  const line = words.trim().split('\n').findLast((each) => each.startsWith('{'))
  if (line !== undefined) {
    const { code, message, ...detail } = JSON.parse(line) as { code: ErrorCode; message: string; reason?: string; hint?: string; field?: string }
    return new EngineError(code, message, detail)
  }
  return new EngineError('unavailable', words.trim() || 'The program that moves data ended without a word.', { reason: 'data-program-failed' })
}
