import type { Piece } from './jobs.ts'

/** What the other thread sends, in the order it comes. */
export interface Incoming {
  take(piece: Piece): void
  /** To the end of one archive; `onRead` hears how much has been read. */
  pieces(onRead: (bytes: number) => void): AsyncGenerator<Buffer>
}

/** `taken`: the other thread may send one more. */
export function createIncoming(taken: () => void): Incoming {
  const waiting: Piece[] = []
  let wake = () => {}
  return {
    take(piece) {
      waiting.push(piece)
      wake()
    },
    async *pieces(onRead) {
      for (let read = 0; ; ) {
        const next = waiting.shift()
        if (!next) {
          await new Promise<void>((resolve) => (wake = resolve))
          continue
        }
        taken()
        if (!next.piece) return
        onRead((read += next.piece.length))
        yield Buffer.from(next.piece.buffer, next.piece.byteOffset, next.piece.byteLength)
      }
    },
  }
}
