/**
 * An engine on another machine, through SSH. A **link** is one login there (through a jump host, two); every connection to the engine is one **channel** of a link:
 * either forwarded to a socket there, or `docker system dial-stdio` run there, as Docker's own client does. A host takes few programs
 * at once on one link (MaxSessions, 10 by default), so there may be several links. A link without channels stays until it breaks or the transport ends.
 */
import type { Client, ClientChannel } from 'ssh2'
import type { ConnectionTarget } from '#shared/contract/connections.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { Transport, TransportAccess } from '../transport.ts'
import { ChannelSocket } from './channel-socket.ts'
import { dialProgram, findEngine, type Way } from './find-engine.ts'
import { hostOf, logIn } from './ssh-client.ts'

type SshTarget = Extract<ConnectionTarget, { kind: 'ssh' }>

/** Programs on one link, a little below what sshd allows; forwarded sockets are not counted there. */
const mostPrograms = 8

interface Link {
  /** On the host. */
  client: Client
  /** All on the way there, the nearest first. */
  clients: Client[]
}

export function createSshTransport(target: SshTarget, access: TransportAccess): Pick<Transport, 'open' | typeof Symbol.asyncDispose> {
  const links = new Map<Promise<Link>, { channels: number }>()
  let way: Way | undefined = target.socketPath ? { kind: 'socket', path: target.socketPath } : undefined
  let search: Promise<Way> | undefined
  const ending = new AbortController()

  /** One with room, else a new one. What fails or breaks is forgotten. */
  function takeLink(): Promise<Link> {
    for (const [link, use] of links) {
      if (way?.kind === 'socket' || use.channels < mostPrograms) {
        use.channels++
        return link
      }
    }
    const link = openLink(target, access, ending.signal)
    const forget = () => void links.delete(link)
    links.set(link, { channels: 1 })
    link.then(({ client, clients }) => {
      client.once('close', () => {
        forget()
        clients.forEach((each) => each.end())
      })
      if (ending.signal.aborted) client.destroy()
    }, forget)
    return link
  }

  /** Once for all that ask at the same time. */
  async function wayFrom(client: Client): Promise<Way> {
    search ??= findEngine(client, hostOf(target)).finally(() => (search = undefined))
    return (way ??= await search)
  }

  function giveBack(link: Promise<Link>): void {
    const use = links.get(link)
    if (use) use.channels--
  }

  return {
    async open() {
      const taken = takeLink()
      const back = () => giveBack(taken)
      try {
        const { client } = await taken
        const found = way ?? (await wayFrom(client))
        return (found.kind === 'socket' ? await forward(client, found.path, target) : await dial(client, target)).once('close', back)
      } catch (error) {
        back()
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      const opened = await Promise.allSettled(links.keys())
      for (const link of opened) if (link.status === 'fulfilled') link.value.clients.toReversed().forEach((client) => client.destroy())
    },
  }
}

async function openLink(target: SshTarget, { secrets, acceptHostKey }: TransportAccess, signal: AbortSignal): Promise<Link> {
  const { password, passphrase, jumpPassword, jumpPassphrase } = await secrets()
  if (!target.jump) {
    const client = await logIn(target, { acceptHostKey, secrets: { password, passphrase }, signal })
    return { client, clients: [client] }
  }
  const jump = await logIn(target.jump, { acceptHostKey, secrets: { password: jumpPassword, passphrase: jumpPassphrase }, signal })
  try {
    const through = await pass(jump, target)
    const client = await logIn(target, { acceptHostKey, secrets: { password, passphrase }, through, signal })
    return { client, clients: [jump, client] }
  } catch (error) {
    jump.destroy()
    throw error
  }
}

async function pass(jump: Client, target: SshTarget): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>()
  jump.forwardOut('127.0.0.1', 0, target.host, target.port ?? 22, (error, channel) => (error ? reject(error) : resolve(channel)))
  return promise.catch((error: unknown) => {
    throw new EngineError('unavailable', `${target.jump?.host} could not reach ${hostOf(target)} (${messageOf(error)}).`, { reason: 'ssh-jump', hint: 'The name must mean something to the jump host, and it must allow forwarding.', cause: error })
  })
}

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL, section 2.4 */
async function forward(client: Client, path: string, target: SshTarget): Promise<ChannelSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>()
  client.openssh_forwardOutStreamLocal(path, (error, channel) => (error ? reject(error) : resolve(channel)))
  const refusal = (why: string) =>
    new EngineError('unavailable', `${path} on ${target.host} could not be opened (${why}).`, { reason: 'ssh-socket', hint: 'Check that the engine runs there, that this user may use its socket, and that the SSH server allows forwarding.' })
  try {
    return new ChannelSocket(await promise, () => refusal('it was closed'))
  } catch (error) {
    throw refusal(messageOf(error))
  }
}

async function dial(client: Client, target: SshTarget): Promise<ChannelSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>()
  client.exec(dialProgram, (error, channel) => (error ? reject(error) : resolve(channel)))
  let said = ''
  const failure = () => new EngineError('unavailable', `${dialProgram} failed on ${target.host}${said ? `: ${said.trim()}` : '.'}`, { reason: 'ssh-dial', hint: 'Check that this user may use Docker there.' })
  try {
    const channel = await promise
    channel.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
    return new ChannelSocket(channel, failure)
  } catch (error) {
    said = messageOf(error)
    throw failure()
  }
}
