import { spawn } from 'node:child_process'
import { PassThrough, Readable, type Duplex } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { EngineError, messageOf } from '#shared/errors.ts'
import { createZstdFrames } from './zstd-frames.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2'

/** Large pieces: the work on each is done in one go by the reader. */
const CHUNK = 256 * 1024
/** Of xz. */
const LONGEST_MAGIC = 6

/** What the first bytes (LONGEST_MAGIC are enough) say. */
export function detectCompression(head: Uint8Array): Compression {
  const starts = (...magic: number[]) => magic.every((byte, at) => head[at] === byte)
  if (starts(0x1f, 0x8b)) return 'gzip'
  if (starts(0x28, 0xb5, 0x2f, 0xfd) || (starts(head[0] ?? 0, 0x2a, 0x4d, 0x18) && ((head[0] ?? 0) & 0xf0) === 0x50)) return 'zstd'
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'xz'
  if (starts(0x42, 0x5a, 0x68) && (head[3] ?? 0) >= 0x31 && (head[3] ?? 0) <= 0x39) return 'bzip2'
  return 'none'
}

export const decompressor = (compression: 'gzip' | 'zstd'): Duplex => (compression === 'gzip' ? createGunzip({ chunkSize: CHUNK }) : createZstdFrames(CHUNK))

/**
 * The uncompressed bytes of a stream in any of the five forms. xz and bzip2 are left to the programs of that name.
 * Errors of the source and of the decompression reach the result; destroying the result destroys the source.
 */
export async function decompressed(source: Readable): Promise<Readable> {
  const { head, whole } = await peek(source)
  const compression = detectCompression(head)
  if (compression === 'none') return whole
  const { input, output } = compression === 'xz' || compression === 'bzip2' ? await externalDecompressor(compression) : ownDecompressor(compression)
  // Whoever reads it may have left, of what it holds, before it is found to be damaged.
  output.on('error', () => {})
  whole.on('error', (error) => output.destroy(error))
  output.on('close', () => source.destroy())
  whole.pipe(input)
  return output
}

function ownDecompressor(compression: 'gzip' | 'zstd') {
  const input = decompressor(compression)
  const output = new PassThrough({ highWaterMark: CHUNK })
  input.on('error', (error) => output.destroy(damagedArchive(`${compression}: ${messageOf(error)}`, error)))
  output.on('close', () => input.destroy())
  input.pipe(output)
  return { input, output }
}

/** The first bytes of a stream, and the stream with them still in front. One that ends within them is another: nothing can be put back behind an end. */
async function peek(source: Readable): Promise<{ head: Buffer; whole: Readable }> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < LONGEST_MAGIC) {
    const chunk = source.read() as Buffer | string | null
    if (chunk !== null) head = Buffer.concat([head, Buffer.from(chunk)])
    else if (source.errored) throw source.errored
    else if (source.readableEnded || source.destroyed || (await endsBeforeMore(source))) return { head, whole: Readable.from(head.length > 0 ? [head] : []) }
  }
  source.unshift(head)
  return { head, whole: source }
}

function endsBeforeMore(source: Readable): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    const settle = (end: boolean) => () => {
      source.off('readable', more).off('end', over).off('error', reject)
      resolve(end)
    }
    const more = settle(false)
    const over = settle(true)
    source.once('readable', more).once('end', over).once('error', reject)
  })
}

async function externalDecompressor(program: 'xz' | 'bzip2') {
  const child = spawn(program, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const started = Promise.withResolvers<void>()
  child.once('spawn', started.resolve)
  child.once('error', (error) => started.reject(new EngineError('failed-precondition', `cannot read ${program} archives: ${messageOf(error)}`, { reason: 'no-decompressor', hint: `Install the program ${program}.` })))
  await started.promise
  const output = new PassThrough({ highWaterMark: CHUNK })
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-500)))
  child.stdin.on('error', () => {})
  child.stdout.pipe(output, { end: false })
  child.on('close', (code) => (code === 0 ? output.end() : output.destroy(damagedArchive(`${program}: ${complaint.trim() || `exit code ${code}`}`))))
  output.on('close', () => child.kill())
  return { input: child.stdin, output }
}

/** What somebody sent. */
const damagedArchive = (what: string, cause?: unknown) => new EngineError('invalid-argument', `damaged archive: ${what}`, { reason: 'truncated', cause })

/** What was there whole. */
export const damaged = (what: string, cause?: unknown): EngineError => new EngineError('data-loss', `damaged archive: ${what}`, { reason: 'truncated', cause })
