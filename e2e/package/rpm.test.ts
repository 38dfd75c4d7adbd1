import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test as always } from 'vitest'
import { parse } from 'yaml'
import { buildApp } from '../fixtures/app-build.ts'
import { makePackageRoot, mayMakeRoots, type PackageRoot } from '../fixtures/package-root.ts'
import { buildPackages, type Packages } from './build-packages.ts'

/**
 * The rpm of a STAND-IN (scripts/rpm.mjs), installed, upgraded and removed by rpm itself, in a root that is this system below a layer in memory. What
 * Fedora and openSUSE call the packages that it needs cannot be seen here: dependencies are compared, not resolved.
 */
const hasRpm = ['rpm', 'rpmbuild'].every((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0)
const isPossible = mayMakeRoots() && hasRpm
const test = always.skipIf(!isPossible)
if (!isPossible) console.log('The rpm is not installed by these tests: that takes root, overlayfs, rpm and rpmbuild (Debian: rpm).')
const lifetime = new AsyncDisposableStack()
let packages: Packages
let root: PackageRoot

beforeAll(async () => {
  if (!isPossible) return
  const folder = await mkdtemp(join(tmpdir(), 'slipway-rpm-test-'))
  lifetime.defer(() => rm(folder, { recursive: true, force: true }))
  await buildApp()
  packages = await buildPackages(folder, ['0.1.0', '0.1.1'])
  root = lifetime.use(await makePackageRoot())
  for (const version of ['0.1.0', '0.1.1']) await copyFile(packages.rpm(version), join(root.path, `tmp/${version}.rpm`))
  await root.ok('useradd', ['--create-home', '--uid', '1234', '--shell', '/bin/bash', 'ada'])
  await root.ok('sed', ['-i', '/^ada:/d', '/etc/subuid', '/etc/subgid'])
}, 600_000)
afterAll(() => lifetime.disposeAsync(), 120_000)

const has = (path: string) => existsSync(join(root.path, path))
const rangesOf = (user: string) => readFileSync(join(root.path, 'etc/subuid'), 'utf8').split('\n').filter((line) => line.startsWith(`${user}:`))
/** Debian's refuses to install anything unless told otherwise; what the rpm needs is known to dpkg only. */
async function rpm(...words: string[]): Promise<string> {
  const { code, output } = await root.run('rpm', ['--force-debian', ...words])
  if (code !== 0 || /scriptlet failed/.test(output)) throw new Error(`rpm ${words.join(' ')} exited ${code}: ${output}`)
  return output
}

test('it needs what electron-builder is told, and nothing that rpmbuild found by itself', async () => {
  const { rpm: told } = parse(readFileSync(resolve(import.meta.dirname, '../../electron-builder.yml'), 'utf8'), { merge: true }) as { rpm: { depends: string[] } }
  const needs = (await root.ok('rpm', ['-qp', '--requires', '/tmp/0.1.0.rpm'])).split('\n').filter((line) => !/^rpmlib\(|^\/bin\/sh$/.test(line))
  expect(needs.toSorted()).toEqual(told.depends.toSorted())
})

test('installed: says what it set up, and it runs', async () => {
  expect(await rpm('--install', '--nodeps', '/tmp/0.1.0.rpm')).toMatch(/slipway: ada has the subordinate ids \d+ to \d+ now/)
  expect(rangesOf('ada')).toHaveLength(1)
  expect(await root.ok('slipway', ['--version'])).toBe('0.1.0')
  expect(await root.ok('rpm', ['--verify', 'slipway', '--nodeps'])).toBe('')
})

test('upgraded: the new one is there, nothing is set up twice, and the old one\'s scripts take nothing away', async () => {
  const [before, group] = [rangesOf('ada'), await root.ok('getent', ['group', 'slipway'])]
  expect(await rpm('--upgrade', '--nodeps', '/tmp/0.1.1.rpm')).not.toContain('subordinate')
  expect(await root.ok('slipway', ['--version'])).toBe('0.1.1')
  expect([rangesOf('ada'), await root.ok('getent', ['group', 'slipway'])]).toEqual([before, group])
  expect(await root.ok('rpm', ['-q', 'slipway'])).toMatch(/^slipway-0\.1\.1~standin-1\.\w+$/)
})

test('removed: no file and no folder of it is left; what was set up for people and what they made is', async () => {
  await root.ok('mkdir', ['-p', '/var/lib/slipway'])
  await rpm('--erase', 'slipway')
  expect(['/opt/Slipway', '/usr/bin/slipway', '/usr/share/slipway', '/usr/share/doc/slipway', '/usr/share/applications/slipway-app.desktop'].filter(has)).toEqual([])
  expect([has('/opt'), has('/var/lib/slipway'), rangesOf('ada').length]).toEqual([true, true, 1])
  expect(await rpm('--install', '--nodeps', '/tmp/0.1.1.rpm')).not.toContain('subordinate')
})
