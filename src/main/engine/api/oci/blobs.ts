import { pipeline } from 'node:stream/promises'
import { reply, type Answer, type Call } from './call.ts'
import { matches } from './manifests.ts'
import type { OciNeeds } from './needs.ts'

export const blobAnswers = (images: OciNeeds): Record<'GET' | 'HEAD' | 'DELETE', Answer> => {
  const get: Answer = async (call) => {
    const { digest, size } = images.blobSize(call.name, call.reference)
    const headers = { 'Content-Type': 'application/octet-stream', 'Docker-Content-Digest': digest, ETag: `"${digest}"`, 'Accept-Ranges': 'bytes', 'Cache-Control': 'private, max-age=31536000, immutable' }
    if (matches(call, headers.ETag)) return reply(call, 304, headers)
    const range = rangeOf(call, size)
    if (range === 'unsatisfiable') return reply(call, 416, { ...headers, 'Content-Range': `bytes */${size}` })
    const length = range ? range.end - range.start + 1 : size
    if (call.method === 'HEAD') return reply(call, 200, { ...headers, 'Content-Length': String(size) })
    const source = await images.readBlob(digest, range)
    call.response.writeHead(range ? 206 : 200, { ...headers, 'Content-Length': length, ...(range && { 'Content-Range': `bytes ${range.start}-${range.end}/${size}` }) })
    await pipeline(source, call.response).catch((error: unknown) => clientGone(error))
  }
  return {
    GET: get,
    HEAD: get,
    async DELETE(call) {
      await images.removeBlob(call.name, call.reference)
      reply(call, 202)
    },
  }
}

/** A client may have had enough in the middle of a blob; that is nobody's mistake. */
function clientGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
}

/** One range of bytes (RFC 9110, section 14); several, or what is no range at all, are as none. */
function rangeOf({ request }: Call, size: number): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.headers.range ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start >= size || (first === '' && Number(last) === 0)) return 'unsatisfiable'
  return end < start ? undefined : { start, end }
}
