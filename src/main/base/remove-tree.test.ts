import { existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeDeep, removeDeepSync } from './remove-tree.ts'

/** Deeper than any path: deep folders moved to the bottom of one another. */
function deepTree(): string {
  const root = mkdtempSync(join(tmpdir(), 'slipway-deep-'))
  const [first, ...rest] = Array.from({ length: 3 }, (_, index) => {
    const levels = join(...Array.from({ length: 15 }, () => 'd'.repeat(200)))
    mkdirSync(join(root, String(index), levels), { recursive: true })
    writeFileSync(join(root, String(index), levels, 'file'), '')
    return { top: join(root, String(index)), levels }
  })
  let inner = first!.top
  for (const { top, levels } of rest) {
    renameSync(inner, join(top, levels, 'inner'))
    inner = top
  }
  return root
}

test('a tree that is deeper than a path can be goes as a whole', async () => {
  const [one, other] = [deepTree(), deepTree()]
  await removeDeep(one)
  removeDeepSync(other)
  expect([existsSync(one), existsSync(other)]).toEqual([false, false])
})

test('what is not there is no error, and what is no folder goes too', async () => {
  const root = mkdtempSync(join(tmpdir(), 'slipway-deep-'))
  writeFileSync(join(root, 'file'), '')
  await removeDeep(join(root, 'file'))
  await removeDeep(join(root, 'file'))
  expect(existsSync(join(root, 'file'))).toBe(false)
  removeDeepSync(root)
})
