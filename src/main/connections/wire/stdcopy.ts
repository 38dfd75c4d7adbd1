/** A piece of what a program wrote. */
export interface Chunk {
  stream: 'stdout' | 'stderr'
  bytes: Uint8Array
}

/**
 * Takes Docker's multiplexed stream apart: frames of 8 bytes [stream, 0, 0, 0, size (big endian)] and their content, cut anywhere on the
 * way. What came together is passed on together: content is not collected, and a thousand short lines are not a thousand turns.
 * https://docs.docker.com/reference/api/engine/ (attach, stream format)
 */
export async function* demultiplex(source: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk[]> {
  const header = Buffer.alloc(8)
  let filled = 0
  let left = 0

  function take(bytes: Uint8Array): Chunk[] {
    const chunks: Chunk[] = []
    for (let at = 0; at < bytes.length; ) {
      if (left > 0) {
        const content = bytes.subarray(at, at + left)
        at += content.length
        left -= content.length
        chunks.push({ stream: header[0] === 2 ? 'stderr' : 'stdout', bytes: content })
        continue
      }
      const part = bytes.subarray(at, at + 8 - filled)
      header.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < 8) continue
      filled = 0
      left = header.readUInt32BE(4)
    }
    return chunks
  }
  for await (const bytes of source) yield take(bytes)
}

/** Output of a terminal is not multiplexed: it is all one stream. */
export async function* undivided(source: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk[]> {
  for await (const bytes of source) yield [{ stream: 'stdout', bytes }]
}
