import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test as always } from 'vitest'
import { makePackageRoot, mayMakeRoots, type PackageRoot } from '../fixtures/package-root.ts'

/**
 * The scripts of the packages, called as dpkg and as rpm call them, on a system whose systemctl writes down what it is asked:
 * https://www.debian.org/doc/debian-policy/ch-maintainerscripts.html (words), https://rpm-software-management.github.io/rpm/manual/scriptlets.html (how many are left).
 */
const isPossible = mayMakeRoots()
const test = always.skipIf(!isPossible)
const folder = resolve(import.meta.dirname, '../../packaging/linux')
const lifetime = new AsyncDisposableStack()
let root: PackageRoot

beforeAll(async () => {
  if (!isPossible) return
  root = lifetime.use(await makePackageRoot())
  const systemctl = '#!/bin/sh\necho "$*" >>/run/asked\n'
  await root.ok('sh', ['-c', 'mkdir -p /run/systemd/system && printf %s "$1" >/usr/local/bin/systemctl && chmod 755 /usr/local/bin/systemctl', 'sh', systemctl])
})
afterAll(() => lifetime.disposeAsync())

/** What systemd was asked by a script that was called so. */
async function asked(script: string, ...words: string[]): Promise<string[]> {
  await root.ok('rm', ['-f', '/run/asked'])
  await root.ok('sh', ['-c', readFileSync(join(folder, script), 'utf8'), 'script', ...words])
  const { stdout } = await root.run('cat', ['/run/asked'])
  return stdout.trim().split('\n').filter(Boolean)
}

const restarted = ['daemon-reload', 'try-restart slipway.service']
const ended = ['disable --now slipway.socket slipway.service']

test.each<[when: string, words: string[], expected: string[]]>([
  ['deb, installed', ['configure'], restarted],
  ['deb, upgraded', ['configure', '0.1.0'], restarted],
  ['rpm, installed', ['1'], restarted],
  ['rpm, upgraded', ['2'], restarted],
  ['deb, an upgrade that failed', ['abort-upgrade', '0.1.1'], []],
  ['deb, a removal that failed', ['abort-remove'], []],
])('after the files are there: %s', async (_when, words, expected) => {
  expect(await asked('after-install.sh', ...words)).toEqual(expected)
})

test.each<[when: string, words: string[], expected: string[]]>([
  ['deb, removed', ['remove'], ended],
  ['rpm, removed', ['0'], ended],
  ['deb, upgraded', ['upgrade', '0.1.1'], []],
  ['deb, a newer one that gives way', ['failed-upgrade', '0.1.0'], []],
  ['rpm, upgraded', ['1'], []],
])('before they go: %s', async (_when, words, expected) => {
  expect(await asked('before-remove.sh', ...words)).toEqual(expected)
})

test('after they went: only a purge, which rpm has not, undoes what was set up', async () => {
  const made = '/var/lib/slipway-setup'
  for (const words of [['remove'], ['upgrade', '0.1.1'], ['failed-upgrade', '0.1.0'], ['abort-install'], ['0'], ['1']]) {
    await root.ok('sh', ['-c', `mkdir -p ${made} /var/lib/slipway && touch ${made}/group && { grep -q ^slipway: /etc/group || groupadd --system slipway; }`])
    expect(await asked('after-remove.sh', ...words)).toEqual(['daemon-reload'])
    await root.ok('test', ['-e', made, '-a', '-d', '/var/lib/slipway'])
    await root.ok('grep', ['-q', '^slipway:', '/etc/group'])
  }
  await asked('after-remove.sh', 'purge')
  await root.ok('test', ['!', '-e', made, '-a', '!', '-e', '/var/lib/slipway'])
  expect((await root.run('grep', ['-q', '^slipway:', '/etc/group'])).code).toBe(1)
})

always('nothing in them means something to rpmbuild or electron-builder, which take them as templates', () => {
  for (const script of ['after-install.sh', 'before-remove.sh', 'after-remove.sh']) {
    const text = readFileSync(join(folder, script), 'utf8')
    expect.soft(text.replaceAll('%%', ''), script).not.toMatch(/%|\$\{[a-zA-Z]+\}|<%/)
  }
})
