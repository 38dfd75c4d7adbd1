import { write, writeSync, writev } from 'node:fs'
import { promisify } from 'node:util'
import { release } from '#base/release.ts'

const writeBytes = promisify(write)
const writePieces = promisify(writev)
/** Files up to this size are written at once: a hand-over to another thread would take longer. */
const SMALL = 128 * 1024
/** Bytes gathered before they are handed over. */
const BATCH = 1024 * 1024

interface Piece {
  bytes: Buffer
  offset: number
}

/**
 * The content of one file on its way to the disk: what is small is written on the spot, the rest by another thread while more comes in, one
 * batch at a time. What is added becomes its own, which it may release.
 */
export class ContentWriter {
  readonly #descriptor: number
  #pieces: Piece[] = []
  #gathered = 0
  #total = 0
  #flight: Promise<void> | undefined

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  add(bytes: Buffer, offset: number): void {
    this.#pieces.push({ bytes, offset })
    this.#gathered += bytes.length
    this.#total += bytes.length
  }

  /** Resolves when more may be added; undefined: at once. */
  drain(): Promise<void> | undefined {
    if (this.#gathered < BATCH) return undefined
    return this.#handOver()
  }

  /** Resolves when all is written; undefined: it is. */
  finish(): Promise<void> | undefined {
    if (this.#total > SMALL) return this.#handOver().then(() => this.#flight)
    for (const { bytes, offset } of this.#pieces.splice(0)) for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at, bytes.length - at, offset + at)
    return undefined
  }

  /** Waits for the batch before, so that at most one is under way. */
  async #handOver(): Promise<void> {
    const pieces = this.#pieces
    this.#pieces = []
    this.#gathered = 0
    await this.#flight
    this.#flight = writeAll(this.#descriptor, pieces)
    // Its failure is told by whoever waits for it next.
    this.#flight.catch(() => {})
  }

  /** Resolves when nothing is being written any more, well or not. */
  async settle(): Promise<void> {
    await this.#flight?.catch(() => {})
  }
}

async function writeAll(descriptor: number, pieces: Piece[]): Promise<void> {
  for (let first = 0; first < pieces.length; ) {
    let end = pieces[first]!.offset + pieces[first]!.bytes.length
    let last = first + 1
    while (last < pieces.length && last - first < 512 && pieces[last]!.offset === end) end += pieces[last++]!.bytes.length
    await writeRun(descriptor, pieces.slice(first, last))
    first = last
  }
  for (const { bytes } of pieces) release(bytes)
}

/** Pieces that follow one another without a gap. */
async function writeRun(descriptor: number, run: Piece[]): Promise<void> {
  const wanted = run.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const { bytesWritten } = await writePieces(descriptor, run.map(({ bytes }) => bytes), run[0]!.offset)
  if (bytesWritten === wanted) return
  const rest = Buffer.concat(run.map(({ bytes }) => bytes)).subarray(bytesWritten)
  for (let at = 0; at < rest.length; ) at += (await writeBytes(descriptor, rest, at, rest.length - at, run[0]!.offset + bytesWritten + at)).bytesWritten
}
