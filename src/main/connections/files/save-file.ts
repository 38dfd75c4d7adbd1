import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, unlink } from 'node:fs/promises'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { Operation } from '../operation.ts'
import { fromWire } from '../wire/error.ts'

/** Milliseconds between two words about progress. */
const pace = 100

/** Passes bytes on and tells how many, now and then. */
export function meter({ progress }: Pick<Operation, 'progress'>, total?: number): Transform & { bytes: number } {
  let told = 0
  const counter = Object.assign(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        counter.bytes += chunk.length
        const now = performance.now()
        if (now - told >= pace) {
          told = now
          progress({ kind: 'bytes', current: counter.bytes, ...(total !== undefined && { total }) })
        }
        done(null, chunk)
      },
    }),
    { bytes: 0 },
  )
  return counter
}

/** Writes a stream to a file of this machine. The file appears when it is whole; what fails on the way leaves what was there before. */
export async function saveFile(target: string, source: Readable, through: Transform[], { signal }: Pick<Operation, 'signal'>): Promise<void> {
  const draft = `${target}.${randomUUID().slice(0, 8)}.part`
  try {
    await pipeline([source, ...through, createWriteStream(draft, { flags: 'wx' })], { signal })
    await rename(draft, target)
  } catch (error) {
    await unlink(draft).catch(() => {})
    if (signal.aborted) throw new EngineError('cancelled', 'Cancelled.')
    const system = fromSystemError(error, `cannot write ${target}`)
    throw isEngineError(error) || system.code !== 'internal' ? system : fromWire(error)
  }
}
