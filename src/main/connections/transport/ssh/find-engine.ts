import { text } from 'node:stream/consumers'
import type { Client } from 'ssh2'
import { EngineError, messageOf } from '#shared/errors.ts'

/** How the engine is reached from the host that was logged in to. */
export type Way = { kind: 'socket'; path: string } | { kind: 'program' }

export const dialProgram = 'docker system dial-stdio'

/** Docker's own client knows where its engine is; where it is not installed, a socket of a usual place that this user may use is taken. */
const question = `
command -v docker >/dev/null 2>&1 && echo program
for socket in "$XDG_RUNTIME_DIR/slipway/docker.sock" /run/slipway/docker.sock "$XDG_RUNTIME_DIR/docker.sock" /var/run/docker.sock "$XDG_RUNTIME_DIR/podman/podman.sock" /run/podman/podman.sock
do [ -S "$socket" ] && [ -w "$socket" ] && echo "$socket"
done
true`

/** @throws failed-precondition when there is none */
export async function findEngine(client: Client, host: string): Promise<Way> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  client.exec(question, (error, channel) => {
    if (error) return reject(error)
    channel.stderr.resume()
    text(channel).then(resolve, reject)
  })
  const answer = await promise.catch((error: unknown) => {
    throw new EngineError('unauthorized', `${host} lets this user run no programs (${messageOf(error)}).`, { reason: 'ssh-no-programs', hint: 'Name the engine’s socket there.', cause: error })
  })
  const [first] = answer.split('\n').map((line) => line.trim()).filter(Boolean)
  if (first === 'program') return { kind: 'program' }
  if (first?.startsWith('/')) return { kind: 'socket', path: first }
  throw new EngineError('unauthorized', `No engine was found on ${host}: neither the docker program, nor a socket that this user may use.`, { reason: 'ssh-no-engine', hint: 'Install an engine there, add the user to its group, or name its socket.' })
}
