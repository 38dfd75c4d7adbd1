import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { FileEntry, FileKind } from '#shared/contract/files.ts'
import type { EngineApi } from '../engine-api.ts'
import type { FileAccess } from './access.ts'
import { tarOf } from './tar.ts'

/** Links followed one behind the other before they are taken for a circle, as the kernel counts. */
const mostLinks = 40

/** Through Docker's archive endpoints of a container; `below` is where in it the place begins. */
export function dockerFiles(api: EngineApi, id: string, below: string, signal: AbortSignal): FileAccess {
  const place = (path: string) => posix.join('/', below, path)
  const open = (path: string) => api.stream('GET', `/containers/${id}/archive`, { query: { path }, headers: { 'accept-encoding': 'identity' }, signal })
  const unpack = (folder: string, source: Readable) => api.json<void>('PUT', `/containers/${id}/archive`, { query: { path: place(folder) }, source, signal })
  const inside = async (path: string) => {
    try {
      return await open(posix.join(place(path), '/') + '.')
    } catch (error) {
      if (isEngineError(error) && /not a directory/i.test(error.message)) throw new EngineError('invalid-argument', `${path}: not a directory`, { reason: 'not-a-directory', field: 'path', cause: error })
      throw error
    }
  }

  /** The first entry of the archive of a path, and its content. */
  async function first(path: string, links = 0): Promise<{ header: Header; content: Readable }> {
    if (links > mostLinks) throw new EngineError('invalid-argument', `${path}: too many links`, { reason: 'links', field: 'path' })
    const archive = await open(path)
    const { header, content } = await firstEntry(archive, path)
    if (header.type !== 'symlink') return { header, content }
    archive.destroy()
    return first(posix.resolve(posix.dirname(path), header.linkname ?? ''), links + 1)
  }

  const refuse = async (): Promise<never> => {
    throw new EngineError('not-implemented', 'This engine can neither rename nor remove files: Docker’s API has no way to.', { reason: 'needs-slipway', hint: 'Do it in the container’s terminal.' })
  }
  return {
    list: async (path) => ({ entries: await readHeads(await inside(path)), canChange: false }),
    async read(path) {
      const { header, content } = await first(place(path))
      if (header.type === 'file' || header.type === 'contiguous-file') return { content, size: header.size ?? 0 }
      content.destroy()
      throw new EngineError('invalid-argument', `${path}: not a file`, { reason: 'not-a-file', field: 'path' })
    },
    archive: (path) => open(path === '/' ? posix.join(place(path), '/') + '.' : place(path)),
    unpack,
    async write(path, content) {
      const before = await first(place(path)).catch(() => undefined)
      before?.content.destroy()
      const { mode = 0o644, uid = 0, gid = 0 } = before?.header.type === 'file' ? before.header : {}
      await unpack(posix.dirname(path), tarOf([{ name: posix.basename(path), mode, uid, gid, content }]))
    },
    makeFolder: (path) => unpack(posix.dirname(path), tarOf([{ name: posix.basename(path), type: 'directory', mode: 0o755 }])),
    rename: refuse,
    remove: refuse,
  }
}

const kinds: Partial<Record<NonNullable<Header['type']>, FileKind>> = { directory: 'directory', symlink: 'symlink', 'character-device': 'char', 'block-device': 'block', fifo: 'fifo' }

/** Nothing behind it is read; the archive goes with its content. */
function firstEntry(archive: Readable, path: string): Promise<{ header: Header; content: Readable }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ header: Header; content: Readable }>()
  const entries = extract()
  entries.once('entry', (header, stream) => {
    const content = Readable.from(stream as AsyncIterable<Uint8Array>, { objectMode: false })
    resolve({ header, content: content.on('close', () => archive.destroy()) })
  })
  entries.once('error', reject)
  entries.once('finish', () => reject(new EngineError('not-found', `${path}: no such file`, { reason: 'no-such-path' })))
  archive.once('error', (error) => entries.destroy(error))
  archive.pipe(entries)
  return promise
}

/** What is in a folder, from the heads of its archive; everything deeper is passed over. */
async function readHeads(archive: Readable): Promise<FileEntry[]> {
  const found = new Map<string, FileEntry>()
  const sizes = new Map<string, number>()
  for await (const entry of archive.pipe(extract())) {
    const { header } = entry
    entry.resume()
    const path = header.name.replace(/^(\.?\/)+/, '').replace(/\/$/, '')
    sizes.set(path, header.size ?? 0)
    if (path === '' || path === '.' || path.includes('/')) continue
    const kind = kinds[header.type ?? 'file'] ?? 'file'
    const linked = header.type === 'link' ? (sizes.get((header.linkname ?? '').replace(/^(\.?\/)+/, '')) ?? 0) : undefined
    found.set(path, { name: path, kind, size: linked ?? header.size ?? 0, mode: header.mode ?? 0, uid: header.uid ?? 0, gid: header.gid ?? 0, modifiedAt: header.mtime?.getTime() ?? 0, ...(kind === 'symlink' && { target: header.linkname ?? '' }) })
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
