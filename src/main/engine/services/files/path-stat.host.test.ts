import { closeSync, constants, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { locate } from '../../core/files/locate.ts'
import { loadSyscalls } from '../../core/host/syscalls.ts'
import { describe } from './path-stat.ts'

test('a link that was swapped since it was found, or taken away, leads nowhere', () => {
  const tree = mkdtempSync(join(tmpdir(), 'slipway-path-stat-'))
  const root = { descriptor: openSync(tree, constants.O_RDONLY | constants.O_DIRECTORY), syscalls: loadSyscalls() }
  onTestFinished(() => {
    closeSync(root.descriptor)
    rmSync(tree, { recursive: true })
  })
  symlinkSync('/elsewhere', join(tree, 'link'))
  using place = locate(root, '/link')
  expect(describe(root, place, '/link')).toMatchObject({ name: 'link', linkTarget: '/elsewhere' })
  rmSync(join(tree, 'link'))
  expect(describe(root, place, '/link')).toMatchObject({ linkTarget: '' })
  writeFileSync(join(tree, 'link'), '')
  expect(describe(root, place, '/link')).toMatchObject({ linkTarget: '' })
})
