/**
 * How bytes get to an engine. A **transport** makes streams to one engine, each as good as a connection to its socket: of this machine, over
 * TCP with or without TLS (tcp.ts), or through SSH (ssh/). What speaks HTTP on them is not its business (engine-api.ts); programs that want a socket of
 * their own, such as docker compose, get one that is passed on (relay.ts).
 */
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionSecrets, ConnectionTarget, HostKeys } from '#shared/contract/connections.ts'

export interface Transport extends AsyncDisposable {
  /** A socket of this machine that leads there without us; undefined when only `open` does. */
  readonly socketPath: string | undefined
  /** What goes into the Host header. */
  readonly host: string
  /** @throws EngineError: unavailable when waiting may mend it, otherwise what must be changed. */
  open(): Promise<Duplex>
}

/** What a transport may know beside where to go; asked each time it has to prove itself. */
export interface TransportAccess {
  secrets(): Promise<ConnectionSecrets>
  /** Whether the key of a host (`host:port`) is the right one. */
  acceptHostKey(host: string, key: HostKey): boolean
}
export interface HostKey {
  type: string
  /** `SHA256:…`, as ssh writes it. */
  fingerprint: string
}

/** Accepts what the user has accepted before. */
export const pinned = (hostKeys: HostKeys = {}): TransportAccess['acceptHostKey'] => (host, { fingerprint }) => hostKeys[host] === fingerprint
export const noAccess: TransportAccess = { secrets: async () => ({}), acceptHostKey: pinned() }

/** The means of each kind are loaded when they are first used. */
export function createTransport(target: ConnectionTarget, access: TransportAccess = noAccess): Transport {
  switch (target.kind) {
    case 'embedded':
    case 'socket':
      return localTransport(target.socketPath)
    case 'tcp':
      return lazily(target.host, async () => (await import('./tcp.ts')).createTcpTransport(target))
    case 'ssh':
      return lazily('docker', async () => (await import('./ssh/ssh-transport.ts')).createSshTransport(target, access))
  }
}

const localTransport = (socketPath: string): Transport => ({
  socketPath,
  host: 'docker',
  open: async () => connect(socketPath),
  async [Symbol.asyncDispose]() {},
})

function lazily(host: string, load: () => Promise<Omit<Transport, 'socketPath' | 'host'>>): Transport {
  let loaded: ReturnType<typeof load> | undefined
  return {
    socketPath: undefined,
    host,
    open: async () => (await (loaded ??= load())).open(),
    async [Symbol.asyncDispose]() {
      await (await loaded)?.[Symbol.asyncDispose]()
    },
  }
}
