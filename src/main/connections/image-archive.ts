import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { finished, pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { LayerEntry } from '#shared/images/layer-survey.ts'
import { EngineError } from '#shared/errors.ts'

/** The layers of the image in an archive that `docker save` makes, base first, read as the archive comes. */
export async function layersOfArchive(archive: Readable, onBytes: (bytes: number) => void): Promise<LayerEntry[][]> {
  const { extract } = await import('tar-stream')
  const found = new Map<string, LayerEntry[]>()
  const links = new Map<string, string>()
  let order: string[] | undefined
  let bytes = 0
  const unpacked = extract()
  const reading = pipeline(archive, async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      onBytes((bytes += chunk.length))
      yield chunk
    }
  }, unpacked)
  for await (const entry of unpacked) {
    const { name, type, linkname } = entry.header as Header
    if (name === 'manifest.json') order = ((await json(entry as AsyncIterable<Buffer> as Readable)) as { Layers?: string[] }[])[0]?.Layers
    else if ((type === 'symlink' || type === 'link') && linkname) links.set(name, type === 'link' ? linkname : posix.join(posix.dirname(name), linkname))
    else if (type === 'file' && couldBeLayer(name)) found.set(name, await entriesOf(entry as AsyncIterable<Buffer>))
    entry.resume()
  }
  await reading
  if (!order) throw new EngineError('data-loss', 'The engine sent an archive without a manifest.', { reason: 'bad-archive' })
  return order.map((name) => found.get(name) ?? found.get(links.get(name) ?? '') ?? [])
}

const couldBeLayer = (name: string) => name.endsWith('/layer.tar') || /^blobs\/sha256\/[0-9a-f]{64}$/.test(name)

/** What a layer's own archive holds; nothing for what is no archive (a config, a manifest). */
async function entriesOf(content: AsyncIterable<Buffer>): Promise<LayerEntry[]> {
  const { extract } = await import('tar-stream')
  const head = await readHead(content)
  if (!head) return []
  const packed = isGzip(head.first) ? createGunzip() : isZstd(head.first) ? createZstdDecompress() : undefined
  if (!packed && head.first.toString('latin1', 257, 262) !== 'ustar') {
    head.whole.resume()
    await finished(head.whole)
    return []
  }
  const entries: LayerEntry[] = []
  const opaque = new Set<string>()
  const unpacked = extract()
  const reading = packed ? pipeline(head.whole, packed, unpacked) : pipeline(head.whole, unpacked)
  for await (const entry of unpacked) {
    read(entry.header, entries, opaque)
    entry.resume()
  }
  await reading
  return markOpaque(entries, opaque)
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b
const isZstd = (bytes: Buffer) => bytes.readUInt32LE(0) === 0xfd2fb528

/** The first block, and everything from the start. */
async function readHead(content: AsyncIterable<Buffer>): Promise<{ first: Buffer; whole: Readable } | undefined> {
  const iterator = content[Symbol.asyncIterator]()
  let first = Buffer.alloc(0)
  while (first.length < 512) {
    const next = await iterator.next()
    if (next.done) break
    first = Buffer.concat([first, next.value])
  }
  if (first.length < 4) return undefined
  const whole = async function* () {
    yield first
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
  }
  return { first, whole: Readable.from(whole(), { objectMode: false }) }
}

interface Header {
  name: string
  type?: string | null
  size?: number
  mode?: number
  linkname?: string | null
}

function read({ name, type, size = 0, mode, linkname }: Header, entries: LayerEntry[], opaque: Set<string>): void {
  const path = posix.join('/', name).replace(/(.)\/$/, '$1')
  const [folder, base] = [posix.dirname(path), posix.basename(path)]
  if (base === '.wh..wh..opq') return void opaque.add(folder)
  if (base.startsWith('.wh.')) return void entries.push({ path: posix.join(folder, base.slice(4)), type: 'deleted' })
  if (path === '/') return
  const kind: LayerEntry['type'] = type === 'directory' ? 'directory' : type === 'symlink' ? 'symlink' : type === 'file' || type === 'link' || type === 'contiguous-file' ? 'file' : 'special'
  entries.push({ path, type: kind, ...(kind === 'file' && { size: type === 'link' ? 0 : size }), ...(mode !== undefined && { mode }), ...(kind === 'symlink' && { target: linkname ?? '' }) })
}

function markOpaque(entries: LayerEntry[], opaque: Set<string>): LayerEntry[] {
  const marked = entries.map((entry) => (entry.type === 'directory' && opaque.delete(entry.path) ? { ...entry, opaque: true } : entry))
  return [...[...opaque].map((path): LayerEntry => ({ path, type: 'directory', opaque: true })), ...marked]
}
