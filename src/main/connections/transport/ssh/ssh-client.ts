import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import type { SshHop } from '#shared/contract/connections.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { HostKey, TransportAccess } from '../transport.ts'
import { credentialsFor, userOf } from './credentials.ts'
import { askInTurn, loginRefused, tooManyTries, type Login } from './login.ts'

/** Milliseconds until a host that says nothing counts as away, and between signs of life. */
const patience = 20_000
const pulse = 10_000

interface Reach {
  acceptHostKey: TransportAccess['acceptHostKey']
  secrets: { password?: string | undefined; passphrase?: string | undefined }
  /** A stream to the host, through another; directly when left out. */
  through?: Duplex
  /** Nobody waits for it any more. */
  signal: AbortSignal
}

/** As its key is pinned. */
export const hostOf = ({ host, port = 22 }: SshHop): string => `${host}:${port}`

/**
 * Logs in to one host. Its key is judged before anything is told to it.
 * @throws forbidden when the key is not the accepted one, unauthorized when the host does not let us in, otherwise unavailable
 */
export async function logIn(hop: SshHop, { acceptHostKey, secrets, through, signal }: Reach): Promise<Client> {
  const { Client } = (await import('ssh2')).default
  const client = new Client()
  const login = askInTurn(await credentialsFor(hop, secrets))
  let refused: HostKey | undefined
  const hostVerifier = (key: Buffer): boolean => {
    const shown = { type: typeOf(key), fingerprint: fingerprintOf(key) }
    if (acceptHostKey(hostOf(hop), shown)) return true
    refused = shown
    return false
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.once('ready', resolve).once('error', reject).once('close', () => reject(new Error('the connection was closed')))
  const leave = () => void client.destroy()
  signal.addEventListener('abort', leave)
  client.connect({ host: hop.host, port: hop.port ?? 22, username: userOf(hop), ...(through && { sock: through }), authHandler: login.handler, hostVerifier, readyTimeout: patience, keepaliveInterval: pulse, keepaliveCountMax: 3 })
  try {
    await promise
    return client.on('error', () => {})
  } catch (error) {
    client.on('error', () => {}).destroy()
    throw refused ? wrongKey(hop, refused) : whyNot(hop, error, login)
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

const fingerprintOf = (key: Buffer) => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
/** A key begins with the name of its kind. https://www.rfc-editor.org/rfc/rfc4253#section-6.6 */
const typeOf = (key: Buffer) => key.toString('latin1', 4, 4 + key.readUInt32BE(0))

const wrongKey = (hop: SshHop, { fingerprint }: HostKey) =>
  new EngineError('forbidden', `${hostOf(hop)} shows a host key that was not accepted: ${fingerprint}.`, {
    reason: 'ssh-host-key',
    hint: 'If the machine was set up anew, edit the connection and compare the fingerprint before you accept it. If not, somebody may be in between.',
  })

function whyNot(hop: SshHop, thrown: unknown, login: Login): EngineError {
  const { level, code } = thrown as { level?: string; code?: string }
  if (level === 'client-authentication' || tooManyTries.test(messageOf(thrown))) return loginRefused(hop, login, thrown)
  if (level === 'agent') return new EngineError('unauthorized', `The SSH agent failed (${messageOf(thrown)}).`, { reason: 'ssh-login', hint: 'Choose a key file instead.', cause: thrown })
  const why = code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'There is no host of that name.' : messageOf(thrown)
  return new EngineError('unavailable', `${hostOf(hop)} cannot be reached by SSH. ${why}`, { reason: 'ssh-unreachable', hint: 'Check the name and the port, and that an SSH server runs there.', cause: thrown })
}
