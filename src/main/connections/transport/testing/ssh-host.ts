import { createHash } from 'node:crypto'
import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import { dialProgram } from '../ssh/find-engine.ts'

const { Server, utils } = ssh2

/** An SSH server in memory, in front of an engine's socket. */
export interface SshHost extends AsyncDisposable {
  port: number
  fingerprint: string
  /** Programs that were run, and what was forwarded. */
  asked: string[]
  /** The most programs that ran at once on one login. */
  mostPrograms: number
  logins: number
  /** Cuts every login, as a network would. */
  cut(): void
}

interface Means {
  socketPath: string
  user?: string
  password?: string
  /** Public keys that are let in. */
  keys?: Buffer[]
  /** Asks for the password itself instead of taking it. */
  asks?: boolean
  /** Docker's own program is not there; this is what the search prints instead. */
  found?: string
}

/** ssh2 makes one key of 300 in a form that it cannot read again. */
export function newKey(passphrase?: string): ReturnType<typeof utils.generateKeyPairSync> {
  const pair = utils.generateKeyPairSync('ed25519', passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 })
  const isReadable = [utils.parseKey(pair.public), utils.parseKey(pair.private, passphrase)].every((parsed) => !(parsed instanceof Error))
  return isReadable ? pair : newKey(passphrase)
}

export async function startSshHost(means: Means): Promise<SshHost> {
  const own = newKey()
  const parsed = utils.parseKey(own.public)
  if (parsed instanceof Error) throw parsed
  const open = new Set<Connection>()
  const host: Pick<SshHost, 'asked' | 'mostPrograms' | 'logins'> = { asked: [], mostPrograms: 0, logins: 0 }
  const server = new Server({ hostKeys: [own.private] }, (client) => {
    open.add(client)
    client.on('error', () => {}).on('close', () => open.delete(client))
    letIn(client, means)
    client.on('ready', () => {
      host.logins++
      serve(client, means, host)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(host, {
    port: (server.address() as AddressInfo).port,
    fingerprint: `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`,
    cut: () => open.forEach((client) => (client as unknown as { _sock: { destroy(): void } })._sock.destroy()),
    async [Symbol.asyncDispose]() {
      open.forEach((client) => client.end())
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  })
}

function letIn(client: Connection, { user = 'ada', password, keys = [], asks = false }: Means): void {
  const methods = [...(keys.length > 0 ? ['publickey' as const] : []), ...(password === undefined ? [] : [asks ? ('keyboard-interactive' as const) : ('password' as const)])]
  client.on('authentication', (context) => {
    if (context.username !== user || !methods.includes(context.method as never)) return context.reject(methods)
    if (context.method === 'password') return context.password === password ? context.accept() : context.reject(methods)
    if (context.method === 'keyboard-interactive') return context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => (answers[0] === password ? context.accept() : context.reject(methods)))
    if (context.method !== 'publickey') return context.reject(methods)
    const known = keys.find((key) => key.equals(context.key.data))
    const parsed = utils.parseKey(`${context.key.algo} ${context.key.data.toString('base64')}`)
    if (!known || parsed instanceof Error) return context.reject(methods)
    if (context.signature && context.blob && parsed.verify(context.blob, context.signature, context.hashAlgo) !== true) return context.reject(methods)
    context.accept()
  })
}

function serve(client: Connection, { socketPath, found }: Means, host: Pick<SshHost, 'asked' | 'mostPrograms'>): void {
  let programs = 0
  const join = (channel: ServerChannel, far: ReturnType<typeof connect>) => {
    channel.pipe(far).pipe(channel)
    channel.on('close', () => far.destroy())
    channel.on('error', () => far.destroy())
    far.on('error', () => channel.close())
    far.on('close', () => channel.close())
  }
  client.on('session', (accept) => {
    accept().on('exec', (run, _refuse, { command }) => {
      host.asked.push(command)
      const channel = run()
      if (command !== dialProgram) {
        channel.write(found ?? 'program\n/run/docker.sock\n')
        channel.exit(0)
        return channel.end()
      }
      host.mostPrograms = Math.max(host.mostPrograms, ++programs)
      channel.on('close', () => programs--)
      if (found === undefined) return join(channel, connect(socketPath))
      channel.stderr.write('sh: docker: not found\n')
      channel.exit(127)
      channel.end()
    })
  })
  client.on('openssh.streamlocal', (accept, refuse, { socketPath: wanted }) => {
    host.asked.push(wanted)
    if (wanted.includes('missing')) return refuse()
    join(accept(), connect(socketPath))
  })
  client.on('tcpip', (accept, _refuse, { destIP, destPort }) => {
    host.asked.push(`${destIP}:${destPort}`)
    join(accept(), connect(destPort, destIP))
  })
}
