import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Change } from '../layers/layers.ts'
import { findMountStubs, removeMountStubs, withoutStubs } from './mount-stubs.ts'

/** Folders end with a slash. */
function layers(upper: string[], below: string[] = []) {
  const root = mkdtempSync(join(tmpdir(), 'slipway-stubs-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [layer, paths] of [['upper', upper], ['below', below]] as const) {
    mkdirSync(join(root, layer))
    for (const path of paths) {
      if (path.endsWith('/')) mkdirSync(join(root, layer, path), { recursive: true })
      else {
        mkdirSync(dirname(join(root, layer, path)), { recursive: true })
        writeFileSync(join(root, layer, path), path.endsWith('!') ? 'content' : '')
      }
    }
  }
  return { upper: join(root, 'upper'), below: [join(root, 'below')] }
}
const changes = (text: string): Change[] => text.split(' ').map((word): Change => ({ kind: ({ A: 'added', C: 'modified', D: 'deleted' } as const)[word[0] as 'A' | 'C' | 'D'], path: word.slice(1) }))
const show = (found: Change[]) => found.map(({ kind, path }) => `${{ added: 'A', modified: 'C', deleted: 'D' }[kind]}${path}`).join(' ')

test('what the runtime mounts on and what the user had mounted, with the empty folders above', () => {
  const { upper, below } = layers(['etc/hosts', 'proc/', 'sys/fs/cgroup/', 'data/deep/volume/', 'tmp/own/'], ['etc/', 'tmp/'])
  expect(findMountStubs(upper, below, ['/data/deep/volume']).sort()).toEqual(['/data', '/data/deep', '/data/deep/volume', '/etc/hosts', '/proc', '/sys', '/sys/fs', '/sys/fs/cgroup'])
  removeMountStubs(upper, below, ['/data/deep/volume'])
  expect(['etc', 'etc/hosts', 'data', 'sys', 'tmp/own'].map((path) => existsSync(join(upper, path)))).toEqual([true, false, false, false, true])
})

test('what holds something, or is there below, is none', () => {
  const { upper, below } = layers(['etc/hosts!', 'proc/', 'data/volume/', 'data/own!'], ['proc/'])
  writeFileSync(join(upper, 'etc/hosts'), 'mine')
  expect(findMountStubs(upper, below, ['/data/volume'])).toEqual(['/data/volume'])
})

test('a folder that came up only for a stub goes with it, unless it is the container\'s own', () => {
  for (const [own, left] of [[false, false], [true, true]] as const) {
    const { upper, below } = layers(['etc/hosts'], ['etc/'])
    removeMountStubs(upper, below, [], () => own)
    expect(existsSync(join(upper, 'etc'))).toBe(left)
  }
})

test('a link is never gone through', () => {
  const { upper, below } = layers(['real/hosts'], [])
  symlinkSync(join(upper, 'real'), join(upper, 'etc'))
  removeMountStubs(upper, below)
  expect(existsSync(join(upper, 'real/hosts'))).toBe(true)
})

test('a folder that only got a stub is no change; one with another mode, or another change in it, is', () => {
  const { upper, below } = layers(['etc/hosts', 'opt/volume/', 'srv/volume/', 'srv/own'], ['etc/', 'opt/', 'srv/'])
  chmodSync(join(upper, 'opt'), 0o700)
  const stubs = findMountStubs(upper, below, ['/opt/volume', '/srv/volume'])
  const source = { directory: upper, form: 'overlay' as const, below }
  expect(show(withoutStubs(changes('C/etc A/etc/hosts C/opt A/opt/volume C/srv A/srv/own A/srv/volume'), stubs, source))).toBe('C/opt C/srv A/srv/own')
})
