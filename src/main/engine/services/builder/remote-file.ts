import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type * as Undici from 'undici'
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

interface FetchLimits {
  limit?: number
  lookup?: (name: string) => Promise<{ address: string; family: number }[]>
}

/** Fetches a URL to a file. Cloud metadata addresses are never asked. @throws EngineError unavailable, invalid-argument, forbidden */
export async function fetchFile(url: string, path: string, signal: AbortSignal, { limit = LIMIT, lookup: resolve = (name) => lookup(name, { all: true }) }: FetchLimits = {}): Promise<RemoteFile> {
  const undici = await import('undici')
  await using connections = new AsyncDisposableStack()
  const dispatcher = connections.adopt(new undici.Agent({ connect: { lookup: checkedLookup(resolve) } }), (agent) => agent.destroy())
  const response = await request(undici, dispatcher, url, signal)
  const hash = createHash('sha256')
  let size = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      hash.update(chunk)
      done(size > limit ? new EngineError('resource-exhausted', `${url} is larger than ${limit} bytes`, { reason: 'too-large' }) : null, chunk)
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
async function request({ request: send }: Pick<typeof Undici, 'request'>, dispatcher: Dispatcher, first: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  let url = first
  for (let hops = 0; hops <= REDIRECTS; hops++) {
    refuse(url)
    const response = await send(url, { dispatcher, signal, headers: { 'accept-encoding': 'identity' } }).catch((error: Error) => {
      signal.throwIfAborted()
      if (error instanceof EngineError) throw error
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

/** Where clouds serve a machine's own credentials: link-local addresses (https://www.rfc-editor.org/rfc/rfc3927), and Amazon's in IPv6. */
const METADATA = new BlockList()
METADATA.addSubnet('169.254.0.0', 16, 'ipv4')
METADATA.addSubnet('fe80::', 10, 'ipv6')
METADATA.addAddress('fd00:ec2::254', 'ipv6')

const isMetadata = (address: string) => METADATA.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
const forbidden = (what: string) => new EngineError('forbidden', `${what} serves a machine's own credentials, which builds may not fetch`)

/** What can be told by the URL alone: an address in it is not looked up. */
function refuse(url: string): void {
  const { protocol, hostname } = URL.parse(url) ?? notUrl(url)
  if (protocol !== 'http:' && protocol !== 'https:') throw new EngineError('invalid-argument', `unsupported URL ${url}`, { hint: 'Use http or https.' })
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0 && isMetadata(bare)) throw forbidden(url)
}

/** The very answer that is connected to: a name may mean another address a moment later. */
const checkedLookup =
  (resolve: NonNullable<FetchLimits['lookup']>): LookupFunction =>
  (name, { all }, done) =>
    void resolve(name).then(
      (found) => {
        const [first] = found
        if (found.some(({ address }) => isMetadata(address))) done(forbidden(name) as NodeJS.ErrnoException, '')
        else if (all) done(null, found)
        else done(null, first?.address ?? '', first?.family)
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    )

function notUrl(text: string): never {
  throw new EngineError('invalid-argument', `remoteURL (${text}) could not be recognized as URL`, { field: 'remote' })
}
