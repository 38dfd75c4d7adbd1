import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveContext } from './context-archive.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'slipway-context-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

const put = async (path: string, content = '') => {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), content)
}

async function contents(dockerfile = 'Dockerfile') {
  const context = await archiveContext(folder, dockerfile, new AbortController().signal)
  const found: Record<string, string> = {}
  const reading = context.archive.pipe(extract() as unknown as NodeJS.WritableStream)
  for await (const entry of reading as unknown as AsyncIterable<NodeJS.ReadableStream & { header: { name: string; linkname?: string; mode: number; uid: number } }>) {
    const { name, linkname, mode, uid } = entry.header
    found[name] = `${linkname ? `-> ${linkname}` : (await text(entry as unknown as AsyncIterable<Buffer>)).slice(0, 20)} ${(mode & 0o777).toString(8)} ${uid}`
    entry.resume()
  }
  return { found, context }
}

test('everything but what is ignored; the Dockerfile goes even then', async () => {
  await put('Dockerfile', 'FROM scratch')
  await put('.dockerignore', 'Dockerfile\nnode_modules\n*.log\n!keep.log\nsecret/**\n!secret/open')
  await put('app/main.sh', 'echo')
  await chmod(join(folder, 'app/main.sh'), 0o755)
  await put('node_modules/deep/x', 'no')
  await put('a.log', 'no')
  await put('keep.log', 'yes')
  await put('secret/key', 'no')
  await put('secret/open', 'yes')
  await put('empty')
  await symlink('app/main.sh', join(folder, 'start'))
  const { found, context } = await contents()
  expect(found).toEqual({
    '.dockerignore': expect.stringContaining('Dockerfile'), Dockerfile: 'FROM scratch 644 0', 'app/': ' 755 0', 'app/main.sh': 'echo 755 0', empty: ' 644 0', 'keep.log': 'yes 644 0',
    'secret/': ' 755 0', 'secret/open': 'yes 644 0', start: '-> app/main.sh 777 0',
  })
  expect(context.files).toBe(6)
})

test('a Dockerfile deeper down with an ignore file of its own', async () => {
  await put('.dockerignore', '*')
  await put('docker/web.Dockerfile', 'FROM scratch')
  await put('docker/web.Dockerfile.dockerignore', 'docker\n*.md')
  await put('read.md')
  await put('code', 'c')
  expect(Object.keys((await contents('docker/web.Dockerfile')).found)).toEqual(['.dockerignore', 'code', 'docker/web.Dockerfile', 'docker/web.Dockerfile.dockerignore'])
})

test('a file larger than what a stream holds comes whole', async () => {
  await put('big', 'x'.repeat(3_000_000))
  const { context } = await contents()
  expect(context).toMatchObject({ files: 1, bytes: 3_000_000 })
})

test('a folder that is not there is told, with what to do', async () => {
  const context = await archiveContext(join(folder, 'gone'), 'Dockerfile', new AbortController().signal)
  await expect(text(context.archive)).rejects.toMatchObject({ code: 'failed-precondition', reason: 'context-unreadable', field: 'folder' })
})
