import { Readable } from 'node:stream'
import type { FileEntry, FilePlace } from '#shared/contract/files.ts'
import type { EngineApi } from '../engine-api.ts'
import type { FileAccess } from './access.ts'

type WireEntry = Omit<FileEntry, 'modifiedAt'> & { mtime: number }

const readEntry = ({ mtime, ...entry }: WireEntry): FileEntry => ({ ...entry, modifiedAt: mtime })

/** Through the endpoints of an engine of ours. */
export function slipwayFiles(api: EngineApi, place: FilePlace, signal: AbortSignal): FileAccess {
  const name = encodeURIComponent(place.kind === 'container' ? place.id : place.name)
  const base = `/slipway/${place.kind}s/${name}`
  const archive = place.kind === 'container' ? `/containers/${name}/archive` : `${base}/archive`
  return {
    async list(path) {
      const { entries } = await api.json<{ entries: WireEntry[] }>('GET', `${base}/files`, { query: { path }, signal })
      return { entries: entries.map(readEntry), canChange: true }
    },
    async read(path) {
      const content = await api.stream('GET', `${base}/files/content`, { query: { path }, signal })
      return { content, size: Number(content.headers['content-length'] ?? 0) }
    },
    archive: (path) => api.stream('GET', archive, { query: place.kind === 'container' ? { path: path === '/' ? '/.' : path } : { path, self: true }, headers: { 'accept-encoding': 'identity' }, signal }),
    unpack: (path, source) => api.json('PUT', archive, { query: { path, ...(place.kind === 'volume' && { self: true }) }, source, signal }),
    write: (path, content) => api.json('PUT', `${base}/files/content`, { query: { path }, source: Readable.from([content], { objectMode: false }), signal }),
    makeFolder: (path) => api.json('POST', `${base}/files/folder`, { query: { path }, signal }),
    rename: (path, to) => api.json('POST', `${base}/files/rename`, { query: { path, to }, signal }),
    remove: (path) => api.json('DELETE', `${base}/files`, { query: { path }, signal }),
  }
}
