import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import type { ApiRequest, EngineApi, Method } from '../engine-api.ts'
import { EngineError } from '#shared/errors.ts'
import { dockerFiles } from './docker-files.ts'

const never = new AbortController().signal

/** Docker's archive endpoint, from archives by path. */
function archives(found: Record<string, (archive: ReturnType<typeof pack>) => void>) {
  const puts: { path: unknown; bytes: Promise<string> }[] = []
  const api = {
    async stream(_method: Method, _path: string, { query }: ApiRequest) {
      const fill = found[String(query?.['path'])]
      if (!fill) throw new EngineError('not-found', 'Could not find the file')
      const archive = pack()
      fill(archive)
      archive.finalize()
      return Readable.from(archive as AsyncIterable<Uint8Array>)
    },
    async json(_method: Method, _path: string, { query, source }: ApiRequest) {
      puts.push({ path: query?.['path'], bytes: text(source as Readable) })
    },
  } as unknown as EngineApi
  return { files: dockerFiles(api, 'box', '', never), puts }
}

test('a folder is read from the heads of its archive: only what is in it itself, links and hard links too', async () => {
  const { files } = archives({
    '/etc/.': (archive) => {
      archive.entry({ name: './', type: 'directory' })
      archive.entry({ name: './passwd', mode: 0o644, uid: 3, gid: 4 }, 'root\n')
      archive.entry({ name: './twin', type: 'link', linkname: './passwd' })
      archive.entry({ name: './ssl/', type: 'directory', mode: 0o755 })
      archive.entry({ name: './ssl/deep.pem' }, 'x')
      archive.entry({ name: './way', type: 'symlink', linkname: 'ssl' })
    },
  })
  const { entries, canChange } = await files.list('/etc')
  expect(canChange).toBe(false)
  expect(entries.map(({ name, kind, size, target }) => [name, kind, size, target])).toEqual([['passwd', 'file', 5, undefined], ['ssl', 'directory', 0, undefined], ['twin', 'file', 5, undefined], ['way', 'symlink', 0, 'ssl']])
  expect(entries[0]).toMatchObject({ mode: 0o644, uid: 3, gid: 4 })
})

test('a file is read through links, and a circle of them ends', async () => {
  const { files } = archives({
    '/a/link': (archive) => archive.entry({ name: 'link', type: 'symlink', linkname: '../b/file' }),
    '/b/file': (archive) => archive.entry({ name: 'file' }, 'found'),
    '/loop': (archive) => archive.entry({ name: 'loop', type: 'symlink', linkname: '/loop' }),
    '/dir': (archive) => archive.entry({ name: 'dir', type: 'directory' }),
  })
  const { content, size } = await files.read('/a/link')
  expect([await text(content), size]).toEqual(['found', 5])
  await expect(files.read('/loop')).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(files.read('/dir')).rejects.toMatchObject({ reason: 'not-a-file' })
})

test('what Docker has no way to do is refused with the reason', async () => {
  const { files } = archives({})
  await expect(files.remove('/x')).rejects.toMatchObject({ code: 'not-implemented', hint: expect.any(String) })
  await expect(files.rename('/x', '/y')).rejects.toMatchObject({ code: 'not-implemented' })
})
