import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import type { Exchange, Route } from '../router.ts'
import type { BuildkitNeeds } from './needs.ts'
import type { BuildkitFront } from './serve.ts'

/**
 * BuildKit's API for the clients that build through it (the buildx plugin, compose), over the engine's own builder.
 *
 * A client dials twice, and each time the connection becomes HTTP/2 with gRPC on it:
 * - `POST /grpc`: we serve. **Control** (control.ts) opens a build with Solve and tells of it with Status; the **gateway** (gateway.ts) takes the build's options and gives a result, which the client
 *   returns to Solve, whose **exporters** (exporters/) then name the image or send its files.
 * - `POST /session`: the client serves (session/). We ask it for the Dockerfile and the context, for credentials, secrets and its agent.
 *
 * `grpc/` is framing and calls, without a word of BuildKit; `protocol/` the messages, as far as they are used. `steps.ts` turns what the builder tells of its steps into what the client draws.
 * Nothing of this is loaded before the first client comes.
 */
export function buildkitRoutes(needs: BuildkitNeeds): Route[] {
  let front: Promise<BuildkitFront> | undefined
  const load = () => (front ??= import('./serve.ts').then(({ createBuildkitFront }) => createBuildkitFront(needs)))
  return [
    {
      method: 'POST',
      path: '/grpc',
      async handle(exchange) {
        const { grpc } = await load()
        grpc(upgrade(exchange))
        return undefined
      },
    },
    {
      method: 'POST',
      path: '/session',
      async handle(exchange) {
        requireUpgrade(exchange)
        const id = header(exchange.request, 'x-docker-expose-session-uuid')
        if (!id) throw new EngineError('invalid-argument', 'a session needs an id', { field: 'X-Docker-Expose-Session-Uuid' })
        const opening = { id, methods: methodsOf(exchange.request), sharedKey: header(exchange.request, 'x-docker-expose-session-sharedkey') || undefined }
        const { session } = await load()
        session(opening, upgrade(exchange))
        return undefined
      },
    },
  ]
}

function upgrade(exchange: Exchange): Duplex {
  requireUpgrade(exchange)
  return exchange.hijack('application/grpc')
}

/** @throws invalid-argument in Docker's words */
function requireUpgrade({ request }: Exchange): void {
  const protocol = request.headers.upgrade
  if (protocol?.toLowerCase() === 'h2c') return
  throw new EngineError('invalid-argument', protocol ? `protocol ${protocol} not supported` : 'no upgrade proto in request', { hint: 'This path is for clients that speak BuildKit, such as docker buildx.' })
}

const header = (request: IncomingMessage, name: string): string | undefined => [request.headers[name]].flat()[0]

/** The header comes once for each method. */
const methodsOf = ({ rawHeaders }: IncomingMessage): string[] => rawHeaders.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() === 'x-docker-expose-session-grpc-method' ? [rawHeaders[index + 1]!] : []))
