import { createApiServer } from './api/server.ts'
import type { Route } from './api/router.ts'
import { systemRoutes } from './api/system/routes.ts'
import type { Host } from './core/host/host.ts'
import type { Layout } from './layout.ts'

export interface EngineOptions {
  layout: Layout
  host: Host
  /** Base URLs tried before docker.io, in order. */
  registryMirrors: readonly string[]
  /** Version of the program, shown by `docker version`. */
  version: string
  /** Gets a line for what the user did not ask for and should know; default: standard error. */
  log?: (line: string) => void
}

/**
 * The engine: metadata, content, snapshots, runtime and networks below; the nouns' services on them; Docker's API on top.
 *
 * Disposing it stops serving and lets go of everything; containers run on, and the next engine on the same roots finds them.
 */
export interface Engine extends AsyncDisposable {
  listen(socketPath: string): Promise<void>
  /** Stops every running container, as for a shutdown of the machine. */
  stopContainers(): Promise<void>
}

export async function createEngine(options: EngineOptions): Promise<Engine> {
  await using parts = new AsyncDisposableStack()
  const log = options.log ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const routes: Route[] = [...systemRoutes({ version: options.version, facts: options.host.facts })]
  const server = parts.use(createApiServer({ routes, version: options.version, log }))
  const held = parts.move()
  return {
    listen: (socketPath) => server.listen(socketPath, options.host.facts.rootless ? 0o600 : 0o660),
    stopContainers: async () => {},
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}
