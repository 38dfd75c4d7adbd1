import { PassThrough, Readable, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isEngineError } from '#shared/errors.ts'
import type { BuildClient } from '../../../services/builder/build-client.ts'
import { messages } from '../protocol/messages.ts'
import type { Session } from './sessions.ts'

const CREDENTIALS = '/moby.filesync.v1.Auth/Credentials'
const SECRET = '/moby.buildkit.secrets.v1.Secrets/GetSecret'
const CHECK_AGENT = '/moby.sshforward.v1.SSH/CheckAgent'
const FORWARD_AGENT = '/moby.sshforward.v1.SSH/ForwardAgent'
const UPLOAD = '/moby.upload.v1.Upload/Pull'
const AGENT_ID = 'buildkit.ssh.id'

/** Docker Hub's credentials are kept under the address of its first version. */
const HUB = 'https://index.docker.io/v1/'

/** The client of a session, as the builder asks it. */
export function clientOf({ client, supports }: Session): BuildClient {
  return {
    async credentials(host) {
      if (!supports(CREDENTIALS)) return undefined
      const { Username, Secret } = messages.credentialsResponse.decode(await client.ask(CREDENTIALS, messages.credentialsRequest.encode({ Host: host === 'docker.io' ? HUB : host })))
      if (Secret === '') return undefined
      // Without a name the secret is a token that is exchanged for others.
      return Username === '' ? { identityToken: Secret, serverAddress: host } : { username: Username, password: Secret, serverAddress: host }
    },
    async secret(id) {
      if (!supports(SECRET)) return undefined
      const answer = await client.ask(SECRET, messages.getSecretRequest.encode({ ID: id })).catch(ifNotFound)
      return answer && messages.getSecretResponse.decode(answer).data
    },
    async agent(id) {
      if (!supports(CHECK_AGENT)) return undefined
      const known = await client.ask(CHECK_AGENT, messages.checkAgentRequest.encode({ ID: id })).catch(() => undefined)
      return known && ((connection) => joinAgent(client, id, connection))
    },
  }
}

function ifNotFound(error: unknown): undefined {
  if (!isEngineError(error, 'not-found')) throw error
}

function joinAgent(client: Session['client'], id: string, connection: Duplex): void {
  const conversation = client.open(FORWARD_AGENT, { [AGENT_ID]: id })
  const toAgent = async () => {
    for await (const chunk of connection) await conversation.send(messages.bytes.encode({ data: chunk as Buffer }))
    conversation.finish()
  }
  const fromAgent = async () => {
    for await (const bytes of conversation.messages) connection.write(messages.bytes.decode(bytes).data)
    connection.end()
  }
  void Promise.all([toAgent(), fromAgent()])
    .catch(() => connection.destroy())
    .finally(() => conversation[Symbol.dispose]())
}

/** What the client reads from its standard input, such as an archive. */
export function upload({ client }: Session, url: URL): Readable {
  const conversation = client.open(UPLOAD, { urlpath: url.pathname, urlhost: url.host })
  conversation.finish()
  const pieces = async function* () {
    using _ = conversation
    for await (const bytes of conversation.messages) yield messages.bytes.decode(bytes).data
  }
  const out = new PassThrough()
  pipeline(Readable.from(pieces(), { objectMode: false }), out.on('error', () => {})).catch(() => {})
  return out
}
