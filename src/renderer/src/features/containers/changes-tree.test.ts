import { expect, test } from 'vitest'
import { changeLines } from './changes-tree.ts'

const changes = [
  { path: '/etc', kind: 'modified' },
  { path: '/etc/passwd', kind: 'deleted' },
  { path: '/etc.bak', kind: 'added' },
  { path: '/var/lib/x', kind: 'added' },
] as const

test('a tree in lines, with the folders on the way', () => {
  expect(changeLines(changes, new Set(), '').map(({ path, depth, kind, below }) => [path, depth, kind, below])).toEqual([
    ['/etc', 0, 'modified', 1],
    ['/etc/passwd', 1, 'deleted', 0],
    ['/etc.bak', 0, 'added', 0],
    ['/var', 0, 'modified', 1],
    ['/var/lib', 1, 'modified', 1],
    ['/var/lib/x', 2, 'added', 0],
  ])
})

test('what is folded hides what is below it; a search unfolds', () => {
  expect(changeLines(changes, new Set(['/var']), '').map(({ path }) => path)).toEqual(['/etc', '/etc/passwd', '/etc.bak', '/var'])
  expect(changeLines(changes, new Set(['/var']), 'LIB/x').map(({ path }) => path)).toEqual(['/var', '/var/lib', '/var/lib/x'])
})
