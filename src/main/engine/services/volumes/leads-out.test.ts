import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leadsOut } from './leads-out.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-leads-out-'))
  mkdirSync(join(root, 'a/b'), { recursive: true })
  writeFileSync(join(root, 'a/file'), '')
  const links = { absolute: '/etc', up: '../..', 'a/b/inside': '../file', 'a/round': '../a/b/../../a', turning: 'turning', 'a/out': '../../x' }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name))
})
afterAll(() => rmSync(root, { recursive: true }))

test.each([
  ['a/b', false],
  ['./a//b/', false],
  ['a/../a/file', false],
  ['a/b/inside', false],
  ['a/round/b', false],
  ['nowhere/at/all', false],
  ['a/file/below', false],
  ['turning', false],
  ['a/../..', true],
  ['absolute', true],
  ['absolute/passwd', true],
  ['up', true],
  ['a/out', true],
  ['a/round/out', true],
])('%s: %s', (path, expected) => {
  expect(leadsOut(root, path)).toBe(expected)
})
