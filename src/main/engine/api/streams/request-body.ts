import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'

/** What a client may go on sending that nobody reads any more, so that it comes to read the answer; then the connection ends. */
const MOST_DROPPED = 64 * 1024 * 1024

/**
 * A request's body as a stream that may be left at any point. Node closes the connection when a request is not read to its end, and with it the answer
 * that says what was wrong; of one that is merely paused, clients that write before they read wait for ever. Here the rest is dropped as it comes.
 */
export function requestBody(request: IncomingMessage, mostDropped = MOST_DROPPED): Readable {
  let dropped = 0
  const body = new Readable({
    read: () => void request.resume(),
    destroy(error, done) {
      request.resume()
      done(error)
    },
  })
  // The client may go before anybody reads; whoever reads then is told, since a stream keeps what ended it.
  body.on('error', () => {})
  request.on('data', (chunk: Buffer) => {
    if (!body.destroyed) {
      if (!body.push(chunk)) request.pause()
    } else if ((dropped += chunk.length) > mostDropped) request.destroy()
  })
  request.on('end', () => body.destroyed || body.push(null))
  request.on('error', (cause) => body.destroy(cutOff(cause)))
  request.on('close', () => request.complete || body.destroy(cutOff()))
  if (request.destroyed && !request.complete) body.destroy(cutOff())
  return body
}

const cutOff = (cause?: unknown) => new EngineError('cancelled', 'the request body was cut off', { cause })
