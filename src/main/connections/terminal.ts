import type { Duplex } from 'node:stream'
import { once } from 'node:events'
import type { AttachRequest, ExecRequest, TerminalInput, TerminalMessage } from '#shared/contract/streams.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Connection } from './connection.ts'
import type { EngineApi } from './engine-api.ts'
import { untilBack } from './until-back.ts'
import type { WireContainerDetail } from './wire/container.ts'
import { fromWire } from './wire/error.ts'
import { demultiplex, undivided } from './wire/stdcopy.ts'

export interface TerminalContext {
  signal: AbortSignal
  input: AsyncIterable<TerminalInput>
}

/** A page leaves by closing the stream. Docker's default, ctrl-p ctrl-q, would hold every ctrl-p back until the next key. */
const detachKeys = 'ctrl-^,ctrl-^,ctrl-_,ctrl-^'

/** Where images keep a shell, the best first. The first asks sh for a better one. */
const shells = [['/bin/sh', '-c', 'for shell in bash zsh ash; do command -v "$shell" >/dev/null 2>&1 && exec "$shell"; done; exec /bin/sh'], ['/bin/bash'], ['/busybox/sh'], ['/bin/ash'], ['sh']]

/** Runs a process in the container on a terminal of its own: what was asked for, or the best shell there is. */
export async function* execTerminal({ api }: Connection, request: ExecRequest, context: TerminalContext): AsyncGenerator<TerminalMessage> {
  const input = sharedInput(context.input)
  const candidates = request.command ? [request.command] : shells
  for (const [index, command] of candidates.entries()) {
    const isLast = index === candidates.length - 1
    const code = yield* oneExec(api, { ...request, command }, { ...context, input, quietWhenMissing: !isLast })
    if (code !== 'missing') return yield { kind: 'exited', code }
  }
  throw new EngineError('failed-precondition', 'The image has no shell.', { reason: 'no-shell', hint: 'Run one of its own programs instead, or read the logs.', field: 'command' })
}

type Attempt = Omit<TerminalContext, 'input'> & { input: SharedInput; quietWhenMissing: boolean }

async function* oneExec(api: EngineApi, request: ExecRequest & { command: string[] }, { signal, input, quietWhenMissing }: Attempt): AsyncGenerator<TerminalMessage, number | undefined | 'missing'> {
  const body = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
    Cmd: request.command,
    User: request.user,
    WorkingDir: request.workingDirectory,
    Env: ['TERM=xterm-256color', ...(request.environment ?? [])],
    DetachKeys: detachKeys,
    ConsoleSize: [request.rows, request.columns],
  }
  const { Id } = await api.json<{ Id: string }>('POST', `/containers/${request.id}/exec`, { body, signal })
  const resize = (rows: number, columns: number) => api.json('POST', `/exec/${Id}/resize`, { query: { h: rows, w: columns } })
  let held = ''
  try {
    const socket = await api.hijack(`/exec/${Id}/start`, { body: { Detach: false, Tty: true, ConsoleSize: body.ConsoleSize }, signal })
    yield { kind: 'opened', tty: true, command: request.command }
    void resize(request.rows, request.columns).catch(() => {})
    for await (const text of converse(socket, { signal, input, resize, multiplexed: false })) {
      // What the runtime says of a program that is not there is kept back while there is another to try.
      if (quietWhenMissing && !input.used() && missingProgram.test(held + text)) held += text
      else {
        yield { kind: 'output', text: held + text }
        held = ''
      }
    }
  } catch (error) {
    if (quietWhenMissing && isEngineError(error) && missingProgram.test(error.message)) return 'missing'
    throw error
  }
  const { ExitCode } = await api.json<{ ExitCode?: number | null }>('GET', `/exec/${Id}/json`, { signal })
  const missing = held !== '' || ((ExitCode === 126 || ExitCode === 127) && quietWhenMissing && !input.used())
  return missing ? 'missing' : (ExitCode ?? undefined)
}

const missingProgram = /executable file|no such file|not found in \$PATH|OCI runtime exec failed/i

/** Joins the container's own process, and joins it again when the engine comes back. */
export async function* attachTerminal(connection: Connection, request: AttachRequest, context: TerminalContext): AsyncGenerator<TerminalMessage> {
  const { api } = connection
  const { signal } = context
  const input = sharedInput(context.input)
  const inspect = () => api.json<WireContainerDetail>('GET', `/containers/${request.id}/json`, { signal })
  const { Config } = await inspect()
  const tty = Config.Tty ?? false
  const resize = async (rows: number, columns: number) => tty && api.json('POST', `/containers/${request.id}/resize`, { query: { h: rows, w: columns } })
  let opened = false
  for (;;) {
    try {
      const socket = await api.hijack(`/containers/${request.id}/attach`, { query: { stream: true, stdin: Config.OpenStdin ?? false, stdout: true, stderr: true, detachKeys }, signal })
      yield opened ? { kind: 'resumed' } : { kind: 'opened', tty }
      opened = true
      void resize(request.rows, request.columns).catch(() => {})
      for await (const text of converse(socket, { signal, input, resize, multiplexed: !tty })) yield { kind: 'output', text }
      const { State } = await inspect()
      if (State.Status !== 'running' && State.Status !== 'paused') return yield { kind: 'exited', code: State.ExitCode }
      throw new EngineError('unavailable', 'The engine closed the terminal.')
    } catch (error) {
      if (!isEngineError(error, 'unavailable') || signal.aborted) throw error
      yield { kind: 'interrupted' }
      await untilBack(connection, signal)
    }
  }
}

interface Conversation {
  signal: AbortSignal
  input: SharedInput
  multiplexed: boolean
  resize(rows: number, columns: number): Promise<unknown>
}

/** What the process writes, while what the page sends goes to it. A slow page slows the process; a slow process slows the page's paste. */
async function* converse(socket: Duplex, { signal, input, multiplexed, resize }: Conversation): AsyncGenerator<string> {
  const hangUp = () => socket.destroy()
  signal.addEventListener('abort', hangUp)
  const release = input.to(async (message) => {
    if (message.kind === 'resize') await resize(message.rows, message.columns).catch(() => {})
    else if (!socket.destroyed && !socket.write(message.text)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  })
  const decoder = new TextDecoder()
  try {
    for await (const chunks of multiplexed ? demultiplex(socket) : undivided(socket)) {
      const text = chunks.map(({ bytes }) => decoder.decode(bytes, { stream: true })).join('')
      if (text) yield text
    }
  } catch (error) {
    throw signal.aborted ? new EngineError('cancelled', 'Cancelled.') : fromWire(error)
  } finally {
    release()
    signal.removeEventListener('abort', hangUp)
    socket.destroy()
  }
}

/** The page's input outlives one connection: whoever holds it now gets the next message. */
interface SharedInput {
  /** @returns lets go. */
  to(reader: (message: TerminalInput) => Promise<void>): () => void
  /** Whether anything was typed. */
  used(): boolean
}

function sharedInput(source: AsyncIterable<TerminalInput>): SharedInput {
  let reader: ((message: TerminalInput) => Promise<void>) | undefined
  let arrived = Promise.withResolvers<void>()
  let typed = false
  void (async () => {
    for await (const message of source) {
      typed ||= message.kind === 'input'
      while (!reader) await arrived.promise
      await reader(message).catch(() => {})
    }
  })()
  return {
    to(next) {
      reader = next
      arrived.resolve()
      return () => {
        reader = undefined
        arrived = Promise.withResolvers()
      }
    },
    used: () => typed,
  }
}
