import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'

/** What the runtime may need of our environment: to find its own helpers, and systemd's bus. Nothing of it reaches the container. */
const PASSED_ON = ['PATH', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'] as const
const READY_FD = 3

/** Starts a shim in a session of its own; resolves when its socket listens. From then on it outlives us. @throws internal with what it said. */
export async function spawnShim(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, [...args, '--ready-fd', String(READY_FD)], {
    detached: true,
    cwd: '/',
    env: Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  try {
    await ready(program, child)
  } finally {
    child.unref()
    for (const stream of child.stdio) stream?.destroy()
  }
}

function ready(program: string, child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  ;(child.stdio[READY_FD] as Readable).once('data', () => resolve())
  child.once('error', (cause) => reject(new EngineError('internal', `cannot start ${program}: ${cause.message}`, { reason: 'shim-failed', cause })))
  child.once('close', () => reject(new EngineError('internal', said.trim() || `${program} ended without a word`, { reason: 'shim-failed' })))
  return promise
}
