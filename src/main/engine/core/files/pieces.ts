/** What is read, sent and written at once. */
export const PIECE = 1024 * 1024

/**
 * Three buffers that take turns: one is being sent, one is given out, one is filled. Fresh memory for each piece would be most of what sending a large file
 * costs: the kernel clears its pages, and V8 marks the whole heap for every 64 MB of it. Whoever takes pieces is done with one when it asks for the next but one.
 */
export class Pieces {
  readonly #buffers: (Buffer | undefined)[] = [undefined, undefined, undefined]
  #turn = 0

  /** A buffer of `size` bytes, at most a piece; what it held is whatever it held. */
  take(size = PIECE): Buffer {
    this.#turn = (this.#turn + 1) % this.#buffers.length
    const buffer = (this.#buffers[this.#turn] ??= Buffer.allocUnsafeSlow(PIECE))
    return size === PIECE ? buffer : buffer.subarray(0, size)
  }
}
