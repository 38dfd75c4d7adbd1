import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { loadSyscalls } from '../../src/main/engine/core/host/syscalls.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** Volumes in real Chromium on a real engine: made, filled, backed up, restored, cloned, emptied, cleaned up; compared byte for byte where the engine keeps them. */
const patience = 60_000
let stage: Stage
let app: RunningApp
let page: Page
let folder: string
beforeAll(async () => {
  ;[stage] = await Promise.all([setStage(), buildApp()])
  folder = mkdtempSync(join(tmpdir(), 'slipway-volumes-journey-'))
  app = await launchApp({ shell: 'browser', engineSocket: stage.engine.socket })
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await stage?.[Symbol.asyncDispose]()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const ok = (...args: string[]) => stage.engine.ok(...args)
const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const row = (name: string) => page.getByRole('row', { name, exact: true })
const placeOf = (name: string) => ok('volume', 'inspect', '-f', '{{.Mountpoint}}', name)
const names = async () => (await ok('volume', 'ls', '-q')).split('\n').filter(Boolean).sort()
const { getXattr, listXattrs, mknod, setXattr } = loadSyscalls()

/** Everything that a copy must have, of everything below a folder and of itself. Files that are one by links share a number. */
function survey(root: string): Record<string, object> {
  const numbers = new Map<number, number>()
  const found: Record<string, object> = {}
  const visit = (path: string, name: string) => {
    const stat = lstatSync(path)
    const inode = stat.nlink > 1 && !stat.isDirectory() ? (numbers.get(stat.ino) ?? numbers.set(stat.ino, numbers.size).get(stat.ino)) : undefined
    found[name] = {
      mode: stat.mode.toString(8), uid: stat.uid, gid: stat.gid, inode, rdev: stat.isCharacterDevice() ? stat.rdev : 0, seconds: Math.floor(stat.mtimeMs / 1000), size: stat.isDirectory() ? 0 : stat.size,
      target: stat.isSymbolicLink() ? readlinkSync(path) : undefined,
      content: stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : undefined,
      xattrs: stat.isFile() || stat.isDirectory() ? listXattrs(path).filter((each) => !each.startsWith('security.selinux')).sort().map((each) => [each, Buffer.from(getXattr(path, each) ?? []).toString('hex')]) : undefined,
    }
    if (stat.isDirectory()) for (const child of readdirSync(path).sort()) visit(join(path, child), `${name}/${child}`)
  }
  visit(root, '.')
  return found
}

/** One of each kind that a volume may hold. */
function fill(root: string): void {
  mkdirSync(join(root, 'sub/empty'), { recursive: true })
  writeFileSync(join(root, 'plain.txt'), 'plain\n')
  writeFileSync(join(root, 'big.bin'), Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 7919) % 251)))
  writeFileSync(join(root, 'sub/owned'), 'x')
  linkSync(join(root, 'plain.txt'), join(root, 'sub/twin'))
  symlinkSync('../plain.txt', join(root, 'sub/way'))
  symlinkSync('/nowhere/at all', join(root, 'broken'))
  writeFileSync(join(root, 'naïve — 名前.txt'), '')
  writeFileSync(join(root, 'n'.repeat(250)), 'long')
  mknod(join(root, 'pipe'), 'fifo', 0o600)
  mknod(join(root, 'null'), 'char', 0o666, 1, 3)
  setXattr(join(root, 'plain.txt'), 'user.note', Buffer.from([0, 255, 10, 61]))
  chownSync(join(root, 'sub/owned'), 1234, 4321)
  chmodSync(join(root, 'sub/owned'), 0o4751)
  chmodSync(join(root, 'sub'), 0o2770)
  utimesSync(join(root, 'big.bin'), 1_000_000_000, 1_000_000_000)
  utimesSync(join(root, 'sub'), 1_100_000_000, 1_100_000_000)
  chownSync(root, 70, 71)
  chmodSync(root, 0o1750)
}

test('a volume is made, backed up, restored beside and in place, cloned and emptied without a byte or bit lost', { timeout: 300_000 }, async () => {
  await go('/volumes')
  await page.getByRole('button', { name: 'Create a volume' }).click()
  const creating = page.getByRole('dialog', { name: 'Create a volume' })
  await creating.getByLabel('Name').fill('keep')
  await creating.getByText('Labels and driver').click()
  await creating.getByLabel('Labels', { exact: true }).fill('tier=data')
  await creating.getByRole('button', { name: 'Create', exact: true }).click()
  await page.waitForURL(/volumes\/keep\/files/)
  expect(await ok('volume', 'inspect', '-f', '{{.Labels.tier}}', 'keep')).toBe('data')
  const root = await placeOf('keep')
  fill(root)
  const original = survey(root)

  for (const [ending, magic] of [['tar.gz', '1f8b'], ['tar.zst', '28b5']] as const) {
    const backup = join(folder, `keep.${ending}`)
    await act('keep', 'Back up to a file…')
    await choosePath(backup)
    await seen(page.getByText('keep is backed up'))
    await page.getByRole('button', { name: 'Dismiss' }).first().click()
    expect(readFileSync(backup).subarray(0, 2).toString('hex')).toBe(magic)
    const name = `back-${ending.slice(4)}`
    await go('/volumes?restore')
    const dialog = page.getByRole('dialog', { name: 'Restore from a backup' })
    await dialog.getByLabel('Backup', { exact: true }).fill(backup)
    await dialog.getByLabel('Volume', { exact: true }).fill(name)
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click()
    await page.waitForURL(new RegExp(`volumes/${name}/files`))
    expect(survey(await placeOf(name))).toEqual(original)
  }

  // In place: what came since goes.
  writeFileSync(join(root, 'later'), 'later')
  rmSync(join(root, 'sub'), { recursive: true })
  await go('/volumes/keep?restore=keep')
  const dialog = page.getByRole('dialog', { name: 'Restore from a backup' })
  await dialog.getByLabel('Backup', { exact: true }).fill(join(folder, 'keep.tar.gz'))
  await seen(dialog.getByText('What is in keep now is removed first.'))
  await dialog.getByRole('button', { name: 'Replace its content' }).click()
  await page.waitForURL(/volumes\/keep\/files/)
  expect(survey(root)).toEqual(original)

  await act('keep', 'Clone…')
  const cloning = page.getByRole('dialog', { name: 'Clone keep' })
  await cloning.getByLabel('Name of the copy').fill('twin')
  await cloning.getByRole('button', { name: 'Clone' }).click()
  await page.waitForURL(/volumes\/twin\/files/)
  expect(survey(await placeOf('twin'))).toEqual(original)
  expect(await ok('volume', 'inspect', '-f', '{{.Labels.tier}}', 'twin')).toBe('data')

  await act('twin', 'Empty')
  await page.getByRole('dialog', { name: 'Empty twin?' }).getByRole('button', { name: 'Remove all its files' }).click()
  await seen(page.getByText('twin is empty'))
  expect(readdirSync(await placeOf('twin'))).toEqual([])
  expect(survey(root)).toEqual(original)
})

test('a restore that fails leaves no volume, and says why', { timeout: 120_000 }, async () => {
  writeFileSync(join(folder, 'bad.tar.gz'), execFileSync('sh', ['-c', 'head -c 100000 /dev/urandom | gzip -c | head -c 40000']))
  await go('/volumes?restore')
  const dialog = page.getByRole('dialog', { name: 'Restore from a backup' })
  await dialog.getByLabel('Backup', { exact: true }).fill(join(folder, 'bad.tar.gz'))
  await dialog.getByLabel('Volume', { exact: true }).fill('never')
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click()
  await seen(dialog.getByRole('alert'))
  expect(await names()).not.toContain('never')
  await page.keyboard.press('Escape')
})

test('cleaning up says what goes, and takes only what no container has', { timeout: 120_000 }, async () => {
  await ok('run', '-d', '--name', 'holder', '-v', 'held:/a', '-v', '/b', stage.busybox, 'sleep', '100000')
  await ok('volume', 'create', 'loose')
  const before = await names()
  await go('/volumes')
  await seen(row('loose'))
  await page.getByRole('button', { name: 'More actions' }).first().click()
  await page.getByRole('menuitem', { name: 'Remove unused volumes' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove unused volumes' })
  await dialog.getByRole('checkbox').click()
  await seen(dialog.getByRole('listitem').filter({ hasText: 'loose' }))
  await dialog.getByRole('button', { name: /Remove/ }).click()
  await dialog.waitFor({ state: 'hidden' })
  const after = await names()
  expect(after).toContain('held')
  expect(after).not.toContain('loose')
  expect(after).toHaveLength(2)
  expect(before.length).toBeGreaterThan(after.length)
})

/** From the row's menu, opened by keyboard. */
async function act(volume: string, deed: string): Promise<void> {
  await go('/volumes')
  await row(volume).click({ button: 'right' })
  await page.getByRole('menuitem', { name: deed }).click()
}

async function choosePath(path: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: /Back up/ })
  await dialog.getByRole('combobox').or(dialog.getByRole('textbox')).first().fill(path)
  await dialog.getByRole('button', { name: /Save/ }).click()
}
