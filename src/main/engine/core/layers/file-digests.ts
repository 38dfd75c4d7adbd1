import { createHash, type Hash } from 'node:crypto'
import type { BytePath } from './byte-path.ts'

/** SHA-256 of files as they are written, in hex by their paths; of one with holes or attributes nothing is known. */
export class FileDigests {
  readonly found = new Map<BytePath, string>()
  #hash: Hash = createHash('sha256')
  #end = 0

  update(chunk: Buffer, offset: number): void {
    this.#end = offset === this.#end ? offset + chunk.length : NaN
    this.#hash.update(chunk)
  }

  complete(path: BytePath, { size, isPlain }: { size: number; isPlain: boolean }): void {
    if (this.#end === size && isPlain) this.found.set(path, this.#hash.digest('hex'))
    else this.found.delete(path)
    this.#hash = createHash('sha256')
    this.#end = 0
  }
}
