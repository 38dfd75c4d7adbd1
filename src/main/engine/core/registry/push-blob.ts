import { Transform, type Readable } from 'node:stream'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Reference } from '#shared/oci/reference.ts'
import { createBackoff } from '#base/backoff.ts'
import { failure } from './registry-error.ts'
import type { PushOptions } from './registry.ts'
import type { Session } from './session.ts'

const ATTEMPTS = 3

export interface BlobUpload extends PushOptions {
  session: Session
  /** `/v2/<repository>` */
  base: string
  scopes: readonly string[]
  reference: Reference
  descriptor: Descriptor
  open: () => Promise<Readable>
}

/** Uploads a blob in one piece: POST for a place, PUT with the bytes; begun again from the start when the connection is cut. */
export async function pushBlob(upload: BlobUpload): Promise<void> {
  const pause = createBackoff(250, 4000)
  for (let attempt = 1; ; attempt++) {
    try {
      return await pushOnce(upload)
    } catch (error) {
      const mayHelp = isEngineError(error, 'unavailable') && attempt < ATTEMPTS && !upload.signal?.aborted
      if (!mayHelp) throw error
      await new Promise((resolve) => setTimeout(resolve, pause.next()))
    }
  }
}

async function pushOnce({ session, base, scopes, reference, descriptor, open, signal, onProgress }: BlobUpload): Promise<void> {
  const started = await session.send({ method: 'POST', path: `${base}/blobs/uploads/`, scopes, headers: { 'content-length': '0' }, ...(signal && { signal }) })
  if (started.status !== 202) throw await failure(started, reference, 'push')
  started.body.resume()
  const location = started.headers['location']
  if (location === undefined) throw new EngineError('unavailable', `${reference.registry} gave no place to upload to`, { reason: 'no-location' })
  const place = new URL(location, started.url)
  place.searchParams.set('digest', descriptor.digest)
  const source = await open()
  let sent = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onProgress?.((sent += chunk.length))
      done(null, chunk)
    },
  })
  source.on('error', (error) => counted.destroy(error))
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(descriptor.size) }
  try {
    const done = await session.send({ method: 'PUT', path: place.href, scopes, headers, body: source.pipe(counted), ...(signal && { signal }) })
    if (done.status !== 201 && done.status !== 204) throw await failure(done, reference, 'push')
    done.body.resume()
  } finally {
    source.destroy()
  }
}
