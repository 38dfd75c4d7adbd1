import { EngineError } from '#shared/errors.ts'
import type { Host } from '../../host/host.ts'

/** What the runtime may need of our environment: to find its own helpers, and systemd's bus. Nothing of it reaches the container. */
const PASSED_ON = ['PATH', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'] as const

/** Starts a shim in a session of its own, nobody's child; resolves when its socket listens. @throws internal with what it said. */
export async function startShim({ launch }: Pick<Host['syscalls'], 'launch'>, program: string, args: readonly string[]): Promise<void> {
  const environment = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]))
  const { status, stderr } = await launch([program, ...args], environment)
  if (status !== 0) throw new EngineError('internal', stderr.trim() || `${program} ended with status ${status}`, { reason: 'shim-failed' })
}
