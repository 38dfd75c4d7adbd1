import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSyscalls } from '../../core/host/syscalls.ts'
import { useMemory } from './memory-tree.ts'

const context = { host: { syscalls: loadSyscalls() } } as Parameters<typeof useMemory>[0]
let folder: string
let release: (() => void) | undefined
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'slipway-memory-'))))
afterEach(() => {
  release?.()
  rmSync(folder, { recursive: true })
})

test('a small archive has room for all its files in memory, and all of it goes at once', () => {
  const before = statSync(folder).dev
  // A thousand files of one byte, as small as an archive can be of them.
  release = useMemory(context, folder, 1024 * 1000)
  expect([statSync(folder).dev === before, (statSync(folder).mode & 0o777).toString(8)]).toEqual([false, '755'])
  for (let file = 0; file < 1000; file++) writeFileSync(join(folder, String(file)), 'x')
  release?.()
  release = undefined
  expect([statSync(folder).dev === before, readdirSync(folder)]).toEqual([true, []])
})

test('a large one stays on the disk', () => {
  release = useMemory(context, folder, 65 * 2 ** 20)
  expect(release).toBeUndefined()
})
