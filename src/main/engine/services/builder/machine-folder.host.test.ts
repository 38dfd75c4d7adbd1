import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createLayers } from '../../core/layers/worker-layers.ts'
import { createMemoryMetadataStore } from '../../core/metadata/memory-metadata-store.ts'
import { createKeptContexts, type KeptContexts } from './kept-contexts.ts'
import { machineFolder, type FolderCounts } from './machine-folder.ts'

const layers = createLayers()
const folders: string[] = []
afterAll(async () => {
  await layers[Symbol.asyncDispose]()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

let project: string
let contexts: KeptContexts
let copied: string[][]
let counts: FolderCounts
const { signal } = new AbortController()

beforeEach(async () => {
  const place = mkdtempSync(join(tmpdir(), 'slipway-machine-folder-'))
  folders.push(place)
  project = join(place, 'project')
  mkdirSync(project)
  copied = []
  const told: typeof layers = Object.assign(Object.create(layers) as typeof layers, { copy: (...call: Parameters<typeof layers.copy>) => (copied.push(call[0].map(({ path }) => path)), layers.copy(...call)) })
  contexts = createKeptContexts({ root: join(place, 'contexts'), temporary: join(place, 'tmp'), layers: told, metadata: createMemoryMetadataStore() })
  await contexts.restore()
})

const put = (files: Record<string, string>) => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), content)
  }
}
const numbers = (path: string) => {
  const { dev, ino } = statSync(path, { bigint: true })
  return { device: String(dev), inode: String(ino) }
}
const folder = (dockerfile = 'Dockerfile') => machineFolder({ path: project, ...numbers(project), dockerfile }, signal, (counted) => (counts = counted))
async function built(dockerfile?: string): Promise<string[]> {
  await using opened = await contexts.open(folder(dockerfile), signal)
  return readdirSync(opened.folder, { recursive: true }).map(String).sort()
}

test('the first time everything comes, then what has changed; what went is gone, and a file may become a folder', async () => {
  put({ Dockerfile: 'FROM scratch', 'src/a': 'a', 'src/b': 'b', c: 'c' })
  expect(await built()).toEqual(['Dockerfile', 'c', 'src', 'src/a', 'src/b'])
  expect(counts).toEqual({ files: 4, bytes: 15 })
  expect(await built()).toEqual(['Dockerfile', 'c', 'src', 'src/a', 'src/b'])
  put({ 'src/b': 'other' })
  rmSync(join(project, 'src/a'))
  rmSync(join(project, 'c'))
  put({ 'c/inside': 'x' })
  expect(await built()).toEqual(['Dockerfile', 'c', 'c/inside', 'src', 'src/b'])
  expect(copied).toEqual([
    ['Dockerfile', 'c', 'src', 'src/a', 'src/b'],
    ['src/.wh.a', 'c', 'c/inside', 'src', 'src/b'],
  ])
})

test('a file that is another of the same size and time is seen, and one whose rights were changed', async () => {
  put({ Dockerfile: '', a: '1', b: '1' })
  const time = statSync(join(project, 'a')).mtime
  await built()
  writeFileSync(join(project, 'new'), '2')
  utimesSync(join(project, 'new'), time, time)
  renameSync(join(project, 'new'), join(project, 'a'))
  execFileSync('chmod', ['711', join(project, 'b')])
  await using opened = await contexts.open(folder(), signal)
  expect(readFileSync(join(opened.folder, 'a'), 'utf8')).toBe('2')
  expect(statSync(join(opened.folder, 'b')).mode & 0o777).toBe(0o711)
  expect(copied.at(-1)).toEqual(['a', 'b'])
})

test('what the ignore file of the Dockerfile names stays out, but for what the engine needs', async () => {
  put({ Dockerfile: '', '.dockerignore': '*\n!src', 'src/a': '', 'node_modules/x': '', 'other.Dockerfile': '', 'other.Dockerfile.dockerignore': 'src\n' })
  expect(await built()).toEqual(['.dockerignore', 'Dockerfile', 'src', 'src/a'])
  expect(await built('other.Dockerfile')).toEqual(['.dockerignore', 'Dockerfile', 'node_modules', 'node_modules/x', 'other.Dockerfile', 'other.Dockerfile.dockerignore'])
})

test('links stay links, wherever they lead; pipes and names that mean deletions do not come; owners are root', async () => {
  put({ Dockerfile: '', 'ä ö': 'text', '.wh.Dockerfile': '' })
  symlinkSync('/etc/passwd', join(project, 'link'))
  execFileSync('mkfifo', [join(project, 'pipe')])
  execFileSync('chown', ['1234:1234', join(project, 'ä ö')])
  await using opened = await contexts.open(folder(), signal)
  expect(readdirSync(opened.folder).sort()).toEqual(['Dockerfile', 'link', 'ä ö'])
  expect(readlinkSync(join(opened.folder, 'link'))).toBe('/etc/passwd')
  expect(statSync(join(opened.folder, 'ä ö'))).toMatchObject({ uid: 0, gid: 0, size: 4 })
})

test('a folder that the engine does not see, or of which it sees another, is refused', () => {
  const named = (path: string, of = project) => () => machineFolder({ path, ...numbers(of), dockerfile: 'Dockerfile' }, signal, () => {})
  expect(named(project)).not.toThrow()
  expect(named(join(project, 'gone'))).toThrow(expect.objectContaining({ code: 'not-found', reason: 'other-folder' }))
  expect(named(project, tmpdir())).toThrow(expect.objectContaining({ reason: 'other-folder' }))
  expect(named('relative')).toThrow('is not a whole path')
})
