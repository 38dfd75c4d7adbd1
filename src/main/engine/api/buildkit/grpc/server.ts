import { performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { chunksOf } from '#base/batches.ts'
import { writeTo } from '../../streams/duplex-peer.ts'
import { decodeFrames, encodeFrame } from './frames.ts'
import { encodeMessage } from './status.ts'

/** One call, from whoever dialled. */
export interface Call {
  readonly headers: IncomingHttpHeaders
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal
  /** The caller's messages. */
  readonly messages: AsyncIterable<Buffer>
  send(message: Uint8Array): Promise<void>
}

/** By path: `/package.Service/Method`. */
export type Methods = ReadonlyMap<string, (call: Call) => Promise<void>>

export interface GrpcServerOptions {
  methods: Methods
  /** An error's number, and what goes with it as `grpc-status-details-bin`. */
  status: (error: unknown) => number
  details: (error: unknown) => Uint8Array | undefined
  onError: (path: string, error: unknown) => void
}

const WINDOW = 2 ** 20

/** Answers gRPC calls on a connection that is HTTP/2 from its first byte on, until it closes. */
export function serveGrpc(socket: Duplex, { methods, status, details, onError }: GrpcServerOptions): void {
  const session = performServerHandshake(socket, { settings: { initialWindowSize: WINDOW } })
  session.on('error', () => session.destroy())
  session.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    // The caller may be gone before we come to it.
    if (stream.destroyed || stream.closed) return
    const path = headers[':path'] ?? ''
    const answer = async () => {
      const method = methods.get(path)
      if (!method) throw new EngineError('not-implemented', `${path} is not supported by this engine`)
      await method(createCall(stream, headers))
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    let trailers: Record<string, string> = { 'grpc-status': '0' }
    stream.once('wantTrailers', () => stream.sendTrailers(trailers))
    void answer()
      .catch((error: unknown) => {
        onError(path, error)
        const detail = details(error)
        trailers = { 'grpc-status': String(status(error)), 'grpc-message': encodeMessage(error), ...(detail && { 'grpc-status-details-bin': Buffer.from(detail).toString('base64') }) }
      })
      .finally(() => {
        if (!stream.destroyed) stream.end()
      })
  })
}

function createCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Call {
  const controller = new AbortController()
  stream.once('close', () => controller.abort(new EngineError('cancelled', 'the client went away')))
  return { headers, signal: controller.signal, messages: decodeFrames(chunksOf(stream, { keepOpen: true })), send: (message) => writeTo(stream, encodeFrame(message)) }
}
