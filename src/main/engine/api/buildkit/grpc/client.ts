import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { chunksOf } from '#base/batches.ts'
import { writeTo } from '../../streams/duplex-peer.ts'
import { decodeFrames, encodeFrame } from './frames.ts'
import { errorFrom } from './status.ts'

/** A call of ours, open in both directions. */
export interface Conversation extends Disposable {
  send(message: Uint8Array): Promise<void>
  /** We have no more to say. */
  finish(): void
  /** What the other side says, to its end. @throws EngineError with what it refused. */
  readonly messages: AsyncIterable<Buffer>
}

export type Metadata = Record<string, string | readonly string[]>

/** Calls over a connection whose other end serves. */
export interface GrpcClient extends Disposable {
  open(path: string, metadata?: Metadata): Conversation
  /** One message, one answer. */
  ask(path: string, message: Uint8Array, metadata?: Metadata): Promise<Buffer>
  readonly closed: Promise<void>
}

const WINDOW = 4 * 2 ** 20

export function createGrpcClient(socket: Duplex): GrpcClient {
  const session = connect('http://session', { createConnection: () => socket, settings: { initialWindowSize: WINDOW, enablePush: false } })
  session.on('error', () => session.destroy())
  session.once('connect', () => session.setLocalWindowSize(WINDOW))
  const closed = new Promise<void>((resolve) => session.once('close', resolve))
  const open = (path: string, metadata: Metadata = {}) => converse(session, path, metadata)
  return {
    open,
    async ask(path, message, metadata) {
      using conversation = open(path, metadata)
      await conversation.send(message)
      conversation.finish()
      for await (const answer of conversation.messages) return answer
      throw new EngineError('unavailable', `${path} was not answered`)
    },
    closed,
    [Symbol.dispose]: () => session.destroy(),
  }
}

function converse(session: ClientHttp2Session, path: string, metadata: Metadata): Conversation {
  if (session.closed || session.destroyed) throw new EngineError('unavailable', 'the client has closed its session')
  const headers = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]))
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers })
  stream.on('error', () => {})
  return { send: (message) => writeTo(stream, encodeFrame(message)), finish: () => void stream.end(), messages: answers(stream), [Symbol.dispose]: () => stream.destroy() }
}

async function* answers(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  let ending: Record<string, unknown> | undefined
  stream.once('trailers', (headers) => (ending = headers))
  // A call that is refused at once has its status in the first headers.
  stream.once('response', (headers) => {
    if (headers['grpc-status'] !== undefined) ending = headers
  })
  try {
    yield* decodeFrames(chunksOf(stream, { keepOpen: true }))
  } catch (cause) {
    if (cause instanceof EngineError) throw cause
    throw new EngineError('unavailable', 'the client has closed its session', { cause })
  }
  if (!ending) throw new EngineError('unavailable', 'the client has closed its session')
  const refused = errorFrom(ending)
  if (refused) throw refused
}
