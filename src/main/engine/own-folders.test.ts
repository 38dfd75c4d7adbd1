import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { refuseForeignFolders } from './own-folders.ts'

test('a folder in /tmp is fine when it is ours, and not when others may replace it', () => {
  const above = mkdtempSync(join(tmpdir(), 'slipway-own-'))
  try {
    refuseForeignFolders([above])
    mkdirSync(join(above, 'run'))
    refuseForeignFolders([join(above, 'run')])
    chmodSync(above, 0o777)
    expect(() => refuseForeignFolders([join(above, 'run')])).toThrow(`${above} belongs to another user, or may be replaced by one.`)
    chmodSync(above, 0o1777)
    refuseForeignFolders([join(above, 'run')])
  } finally {
    rmSync(above, { recursive: true })
  }
})
