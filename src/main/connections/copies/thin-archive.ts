import { Transform, type TransformCallback } from 'node:stream'

const block = 512

/**
 * Passes a tar archive on without the files that `leaves` out. It works on whole blocks and changes none of them: an entry is its header with
 * whatever extended headers stand before it (PAX, long names), its content, and padding.
 */
export const thinArchive = (leaves: (path: string) => boolean): Transform => new ThinArchive(leaves)

class ThinArchive extends Transform {
  readonly #leaves: (path: string) => boolean
  #rest: Buffer = Buffer.alloc(0)
  /** Bytes of the present entry's content that are still to come, and whether they go on. */
  #content = 0
  #passes = true
  /** Headers that belong to the entry behind them, with the long name that they give. */
  #prefix: Buffer[] = []
  #name: string | undefined
  #extended: { header: Buffer; parts: Buffer[]; type: string } | undefined
  #ended = false

  constructor(leaves: (path: string) => boolean) {
    super()
    this.#leaves = leaves
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (!this.#ended && this.#step());
    if (this.#ended) {
      this.push(this.#rest)
      this.#rest = Buffer.alloc(0)
    }
    done()
  }
  override _flush(done: TransformCallback): void {
    if (this.#rest.length > 0) this.push(this.#rest)
    done()
  }

  /** The next header, or what there is of the present content; false when more must come first. */
  #step(): boolean {
    if (this.#content > 0) {
      if (this.#rest.length === 0) return false
      const part = this.#take(Math.min(this.#content, this.#rest.length))
      if (this.#extended) this.#extended.parts.push(part)
      else if (this.#passes) this.push(part)
      this.#content -= part.length
      return true
    }
    this.#endExtended()
    if (this.#rest.length < block) return false
    this.#header(this.#take(block))
    return true
  }

  #take(length: number): Buffer {
    const part = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return part
  }

  #header(bytes: Buffer): void {
    if (bytes.every((byte) => byte === 0)) {
      this.#ended = true
      return void this.push(bytes)
    }
    const type = String.fromCharCode(bytes[156] ?? 0)
    this.#content = Math.ceil(readNumber(bytes.subarray(124, 136)) / block) * block
    if ('xgLK'.includes(type)) return void (this.#extended = { header: bytes, parts: [], type })
    this.#passes = !this.#leaves(this.#name ?? pathOf(bytes))
    if (this.#passes) [...this.#prefix, bytes].forEach((each) => this.push(each))
    this.#prefix = []
    this.#name = undefined
  }

  #endExtended(): void {
    if (!this.#extended) return
    const { header, parts, type } = this.#extended
    const whole = Buffer.concat(parts)
    if (type === 'L') this.#name = textOf(whole)
    if (type === 'x') this.#name = /\d+ path=([^\n]*)\n/.exec(whole.toString('utf8'))?.[1] ?? this.#name
    this.#prefix.push(header, whole)
    this.#extended = undefined
  }
}

const textOf = (bytes: Buffer) => bytes.toString('utf8').replace(/\0.*$/s, '')

function pathOf(header: Buffer): string {
  const [name, prefix] = [textOf(header.subarray(0, 100)), header.toString('latin1', 257, 262) === 'ustar' ? textOf(header.subarray(345, 500)) : '']
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Octal, or with the first bit set a large number in binary. */
function readNumber(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return Number.parseInt(textOf(field).trim() || '0', 8)
  return Number(BigInt(`0x${field.toString('hex')}`) & ((1n << 88n) - 1n))
}
