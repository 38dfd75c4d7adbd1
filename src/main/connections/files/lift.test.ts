import { readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { EngineError } from '#shared/errors.ts'
import type { Operation } from '../operation.ts'
import type { FileAccess } from './access.ts'
import { isLifted, liftFiles } from './lift.ts'

const bytesOf = (text: string) => Readable.from([Buffer.from(text)], { objectMode: false })
/** Files by path; what ends in a slash is a folder. */
const access = {
  async read(path: string) {
    if (path === '/folder') throw new EngineError('invalid-argument', `${path}: not a file`, { reason: 'not-a-file' })
    if (path === '/gone') throw new EngineError('not-found', `${path}: no such file`)
    return { content: bytesOf(`content of ${path}`), size: 20 }
  },
  archive: async (path: string) => bytesOf(`archive of ${path}`),
} as unknown as FileAccess
const operation = { signal: new AbortController().signal, progress: () => {} } as unknown as Operation
const made: string[] = []
const lift = async (...paths: string[]) => {
  const targets = await liftFiles(access, paths, operation)
  made.push(...targets)
  return targets
}
afterEach(async () => {
  for (const target of made.splice(0)) await rm(dirname(target), { recursive: true, force: true })
})

test('each has its name in a place of its own, which only this user can read; a folder is an archive', async () => {
  const targets = await lift('/a/notes.txt', '/b/notes.txt', '/folder')
  expect(targets.map((target) => basename(target))).toEqual(['notes.txt', 'notes.txt', 'folder.tar'])
  expect(await Promise.all(targets.map((target) => readFile(target, 'utf8')))).toEqual(['content of /a/notes.txt', 'content of /b/notes.txt', 'archive of /folder'])
  for (const target of targets) expect((await stat(dirname(target))).mode & 0o077).toBe(0)
})

test('only what was lifted may be carried', async () => {
  const [target = ''] = await lift('/a/notes.txt')
  expect([isLifted(target), isLifted('/etc/passwd'), isLifted(`${dirname(target)}/../passwd`)]).toEqual([true, false, false])
})

test('what cannot be read is told, and a name that would leave the place is none', async () => {
  await expect(lift('/gone')).rejects.toMatchObject({ code: 'not-found' })
  await expect(lift('/a/..')).rejects.toMatchObject({ code: 'invalid-argument' })
})
