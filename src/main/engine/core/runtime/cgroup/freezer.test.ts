import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isFrozen, setFrozen } from './freezer.ts'

test('a cgroup that the kernel has taken away is thawed, and cannot be frozen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-freezer-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const cgroup = { version: 1 as const, directory: () => join(folder, 'gone') }
  expect(await isFrozen(cgroup)).toBe(false)
  await setFrozen(cgroup, false)
  await expect(setFrozen(cgroup, true)).rejects.toMatchObject({ reason: 'not-running' })
})
