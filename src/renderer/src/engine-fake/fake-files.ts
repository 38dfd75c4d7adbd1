import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { FileEntry, FileKind, FileListing, ReadRequest } from '#shared/contract/files.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls } from './fake-calls.ts'

const HOUR = 3_600_000
const TREE: Record<string, string[]> = {
  '/': ['conf.d/', 'logs/', 'uploads/', '.env', 'nginx.conf', 'README.md', 'current>uploads'],
  '/conf.d': ['default.conf', 'gzip.conf'],
  '/logs': [],
  '/uploads': ['a-photograph-with-a-rather-long-name-that-is-cut.jpg', 'invoice-2026-11.pdf'],
}
const entry = (name: string, index: number): FileEntry => {
  const [plain = '', target] = name.replace(/\/$/, '').split('>')
  const kind: FileKind = name.endsWith('/') ? 'directory' : target === undefined ? 'file' : 'symlink'
  return { name: plain, kind, size: kind === 'file' ? (index + 1) ** 4 * 917 : 4096, mode: kind === 'directory' ? 0o755 : 0o644, uid: index % 2 === 0 ? 0 : 101, gid: 0, modifiedAt: Date.now() - (index * 31 + 2) * HOUR, ...(target !== undefined && { target }) }
}

export const fakeFileCalls = (): FakeCalls => ({
  'files.list': ({ path }: { path: string }): FileListing => {
    const names = TREE[path.replace(/(.)\/$/, '$1')]
    if (!names) throw new EngineError('not-found', `There is no ${path}.`, { field: 'path' })
    return { entries: names.map(entry), canChange: true }
  },
  'files.remove': ({ paths }: { paths: string[] }) => paths.map((id) => ({ id })),
  'files.save': () => ({ bytes: 12_400 }),
})

const CONTENT = 'worker_processes auto;\nevents { worker_connections 1024; }\nhttp {\n  include conf.d/*.conf;\n  # <script>alert(1)</script>\n}\n'
export function fakeFileContent({ as }: ReadRequest, listener: StreamListener): StreamPort {
  if (as === 'content') listener.message({ kind: 'bytes', bytes: new TextEncoder().encode(CONTENT) }, 0)
  listener.end()
  return { send: () => undefined, ack: () => undefined, close: () => undefined }
}
