import type { Duplex } from 'node:stream'
import { isEngineError } from '#shared/errors.ts'
import { controlMethods } from './control.ts'
import { failureDetails, statusOf } from './failure.ts'
import { gatewayMethods } from './gateway.ts'
import { serveGrpc, type Call } from './grpc/server.ts'
import type { BuildkitNeeds } from './needs.ts'
import { createSessions, type SessionOpening } from './session/sessions.ts'
import { createSolves } from './solves.ts'

/** Both ends of what a BuildKit client dials: it calls us over `grpc`, and is called by us over `session`. */
export interface BuildkitFront {
  grpc(socket: Duplex): void
  session(opening: SessionOpening, socket: Duplex): void
}

export function createBuildkitFront(needs: BuildkitNeeds): BuildkitFront {
  const sessions = createSessions()
  const solves = createSolves()
  const methods = new Map([
    ...paths('moby.buildkit.v1.Control', controlMethods(needs, sessions, solves)),
    ...paths('moby.buildkit.v1.frontend.LLBBridge', gatewayMethods(needs, sessions, solves)),
  ])
  return {
    grpc: (socket) => serveGrpc(socket, { methods, status: statusOf, details: failureDetails, onError: (path, error) => reportBug(needs, path, error) }),
    session: (opening, socket) => sessions.accept(opening, socket),
  }
}

const paths = (service: string, methods: Record<string, (call: Call) => Promise<void>>) => Object.entries(methods).map(([name, method]) => [`/${service}/${name}`, method] as const)

/** What is not an answer we meant to give. */
function reportBug({ log }: BuildkitNeeds, path: string, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!isEngineError(cause) || cause.code === 'internal') log(`${path}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`)
}
