import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * Sends a body piece by piece, each through `encoding` if one is given; a piece is sent while the next is fetched. The head has been written. Whoever gives the
 * pieces may use the memory of one again once the next but one is asked for. A failure on the way, theirs or the client's, cuts the connection: half a body must
 * not be taken for a whole one.
 */
export async function sendContent(response: ServerResponse, content: AsyncIterable<Uint8Array>, encoding?: Transform): Promise<void> {
  const target: Writable = encoding ?? response
  const gone = once(response, 'close').then(() => Promise.reject(new Error('the client left')))
  gone.catch(() => {})
  const encoded = encoding && pipeline(encoding, response)
  encoded?.catch(() => {})
  let flight: Promise<unknown> | undefined
  try {
    for await (const piece of content) {
      await flight
      flight = Promise.race([written(target, piece), gone])
      flight.catch(() => {})
    }
    await flight
    target.end()
    await encoded
  } catch {
    encoding?.destroy()
    response.destroy()
  }
}

const written = (target: Writable, piece: Uint8Array) => new Promise<void>((resolve, reject) => target.write(piece, (error) => (error ? reject(error) : resolve())))
