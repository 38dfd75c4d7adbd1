import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { lookup } from 'node:dns/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Dispatcher } from 'undici'
import { EngineError, messageOf } from '#shared/errors.ts'

/** What a server sent, on disk. */
export interface RemoteFile {
  path: string
  digest: string
  size: number
  contentType: string
  modifiedMs: number | undefined
}

const REDIRECTS = 10
/** Bytes; a build's input should not fill the disk unseen. */
const LIMIT = 16 * 2 ** 30

/** Fetches a URL to a file. Cloud metadata addresses are never asked. @throws EngineError unavailable, invalid-argument, forbidden */
export async function fetchFile(url: string, path: string, signal: AbortSignal): Promise<RemoteFile> {
  const response = await request(url, signal)
  const hash = createHash('sha256')
  let size = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      hash.update(chunk)
      done(size > LIMIT ? new EngineError('resource-exhausted', `${url} is larger than 16 GiB`) : null, chunk)
    },
  })
  try {
    await pipeline(response.body, count, createWriteStream(path), { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof EngineError ? error : new EngineError('unavailable', `failed to download ${url}: ${messageOf(error)}`, { cause: error })
  }
  const modified = Date.parse(header(response, 'last-modified'))
  return { path, digest: `sha256:${hash.digest('hex')}`, size, contentType: header(response, 'content-type'), modifiedMs: Number.isNaN(modified) ? undefined : modified }
}

const header = ({ headers }: Dispatcher.ResponseData, name: string): string => [headers[name]].flat()[0] ?? ''

/** Not by fetch, which refuses the ports that browsers block. */
async function request(first: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const undici = await import('undici')
  let url = first
  for (let hops = 0; hops <= REDIRECTS; hops++) {
    await refuseMetadata(url)
    const response = await undici.request(url, { signal, headers: { 'accept-encoding': 'identity' } }).catch((error: Error) => {
      signal.throwIfAborted()
      throw new EngineError('unavailable', `failed to get ${url}: ${messageOf(error)}`, { cause: error })
    })
    const next = header(response, 'location')
    if (response.statusCode >= 300 && response.statusCode < 400 && next) {
      await response.body.dump()
      url = new URL(next, url).href
      continue
    }
    if (response.statusCode < 200 || response.statusCode > 299) {
      await response.body.dump()
      throw new EngineError('invalid-argument', `failed to get ${url}: ${response.statusCode} ${STATUS_CODES[response.statusCode] ?? ''}`)
    }
    return response
  }
  throw new EngineError('invalid-argument', `failed to get ${first}: more than ${REDIRECTS} redirects`)
}

/** 169.254.0.0/16 and fe80::/10 are where clouds serve a machine's own credentials: https://www.rfc-editor.org/rfc/rfc3927 */
async function refuseMetadata(url: string): Promise<void> {
  const { protocol, hostname } = URL.parse(url) ?? notUrl(url)
  if (protocol !== 'http:' && protocol !== 'https:') throw new EngineError('invalid-argument', `unsupported URL ${url}`, { hint: 'Use http or https.' })
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => [])
  if (addresses.some(({ address }) => /^169\.254\.|^::ffff:169\.254\.|^fe[89ab]/i.test(address))) throw new EngineError('forbidden', `${url} is a link-local address, which builds may not fetch from`)
}

function notUrl(text: string): never {
  throw new EngineError('invalid-argument', `remoteURL (${text}) could not be recognized as URL`, { field: 'remote' })
}
