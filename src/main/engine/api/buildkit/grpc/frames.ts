import { EngineError } from '#shared/errors.ts'

/** One byte of compression, four of length, then the message: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
const HEADER = 5
/** What Docker's own clients accept. */
const LIMIT = 16 * 2 ** 20

export function encodeFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, HEADER)
  return frame
}

/** The messages of a stream, whatever pieces they come in. @throws EngineError invalid-argument, resource-exhausted */
export async function* decodeFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let held = 0
  let wanted = HEADER
  for await (const chunk of chunks) {
    pieces.push(chunk)
    held += chunk.length
    while (held >= wanted) {
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, held)
      const length = lengthOf(bytes)
      wanted = HEADER + length
      pieces = [bytes]
      if (held < wanted) break
      yield bytes.subarray(HEADER, wanted)
      pieces = held > wanted ? [bytes.subarray(wanted)] : []
      held -= wanted
      wanted = HEADER
    }
  }
  if (held > 0) throw new EngineError('invalid-argument', 'a message was cut off')
}

function lengthOf(header: Buffer): number {
  if (header[0] !== 0) throw new EngineError('not-implemented', 'compressed messages are not supported')
  const length = header.readUInt32BE(1)
  if (length > LIMIT) throw new EngineError('resource-exhausted', `a message of ${length} bytes is too large`)
  return length
}
