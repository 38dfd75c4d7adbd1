import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ConnectionTarget, TlsFiles } from '#shared/contract/connections.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import { fromWire } from '../wire/error.ts'
import { tlsFailure } from '../wire/tls-error.ts'
import type { Transport } from './transport.ts'

/** Milliseconds until a host that says nothing counts as away. */
const patience = 15_000
/** Milliseconds of silence after which the network is asked whether the other side is still there. */
const silence = 15_000

export function createTcpTransport({ host, port, tls }: Extract<ConnectionTarget, { kind: 'tcp' }>): Pick<Transport, 'open' | typeof Symbol.asyncDispose> {
  const open = new Set<Socket>()
  return {
    async open() {
      const socket = tls ? connectTls({ host, port, ...(await readTls(tls, host)) }) : connect(port, host)
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      await untilOpen(socket, tls ? 'secureConnect' : 'connect', `${host}:${port}`)
      return socket.setKeepAlive(true, silence).setNoDelay(true)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
    },
  }
}

async function untilOpen(socket: Socket, opened: string, place: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new EngineError('unavailable', `${place} does not answer.`, { reason: 'engine-unreachable' })), patience)
  socket.once(opened, resolve)
  socket.once('error', reject)
  socket.once('close', () => reject(new EngineError('unavailable', 'The connection was closed.', { reason: 'engine-unreachable' })))
  try {
    await promise
  } catch (error) {
    socket.destroy()
    throw tlsFailure(error) ?? fromWire(error)
  } finally {
    clearTimeout(timer)
    socket.off('error', reject)
  }
}

/** Read each time: certificates are renewed. A name that is an address cannot be asked for by name. */
async function readTls({ ca, certificate, key, serverName }: TlsFiles, host: string) {
  const [caText, certText, keyText] = await Promise.all([ca, certificate, key].map(readPem))
  const name = serverName ?? host
  const isAddress = /^[\d.]+$|:/.test(name)
  return {
    ...(caText !== undefined && { ca: caText }),
    ...(certText !== undefined && { cert: certText }),
    ...(keyText !== undefined && { key: keyText }),
    ...(!isAddress && { servername: name }),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2' as const,
  }
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (!path) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new EngineError('unauthorized', `${path} cannot be read (${messageOf(error)}).`, { reason: 'tls-file', hint: 'Choose the file again.', cause: error })
  }
}
