import { encodeHeader, paddingAfter, type TarEntry } from '../tar-format.ts'

export type Item = Partial<TarEntry> & { path: string; content?: string | Buffer }

/** An archive of exactly these entries, however strange they are. */
export function tarOf(...items: Item[]): Buffer {
  const parts = items.flatMap(({ content = '', ...item }) => {
    const body = Buffer.from(content)
    const entry: TarEntry = { type: 'file', linkPath: '', mode: 0o644, uid: 0, gid: 0, size: body.length, mtime: 1_700_000_000, major: 0, minor: 0, ...item }
    return [encodeHeader(entry), body, Buffer.alloc(paddingAfter(body.length))]
  })
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

export const directory = (path: string, mode = 0o755): Item => ({ path, type: 'directory', mode })
export const link = (path: string, linkPath: string, type: 'symlink' | 'link' = 'symlink'): Item => ({ path, type, linkPath, mode: 0o777 })
