import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import type { Digest } from '#shared/oci/digest.ts'

/** Passes bytes on and fails at the end, or as soon as there are too many, when they are not those of the digest. */
export function verifiedStream(target: { digest: Digest; size?: number }): Transform {
  const hash = createHash('sha256')
  let bytes = 0
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length
      if (target.size !== undefined && bytes > target.size) return done(mismatch(target, `more than ${target.size} bytes`))
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      if (target.size !== undefined && bytes !== target.size) return done(mismatch(target, `${bytes} bytes instead of ${target.size}`))
      const found = `sha256:${hash.digest('hex')}`
      done(found === target.digest ? null : mismatch(target, `digest ${found}`))
    },
  })
}

/** The one error for bytes that are not what their digest or descriptor says. */
export const mismatch = (target: { digest: string }, found: string): EngineError =>
  new EngineError('data-loss', `content of ${target.digest} does not match: got ${found}`, { reason: 'digest-mismatch', hint: 'What was received or stored is damaged or was tampered with; remove the image and pull it again.' })
