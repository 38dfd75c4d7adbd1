import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSecrets, type Seal } from './secret-store.ts'

let folder: string
beforeEach(async () => void (folder = join(await mkdtemp(join(tmpdir(), 'slipway-secrets-')), 'secrets')))
afterEach(() => rm(join(folder, '..'), { recursive: true }))

/** A key store that turns every byte over. */
function turningSeal(): Seal & { available: boolean } {
  const turn = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0xff))
  return {
    available: true,
    isAvailable() {
      return this.available
    },
    close: (secret) => turn(Buffer.from(secret)),
    open: (sealed) => turn(sealed).toString(),
  }
}
const contentsOf = async () => Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')))

describe.each([
  ['file', undefined],
  ['keyring', turningSeal()],
] as const)('kept in a %s', (place, seal) => {
  test('a secret is known again by another life of the app, until it is forgotten', async () => {
    const secrets = openSecrets(folder, seal)
    expect(secrets.place()).toBe(place)
    await secrets.keep('registry:ghcr.io', 'hunter2')
    await secrets.keep('ssh:../../etc/é', 'phrase')
    await secrets.keep('registry:ghcr.io', 'hunter3 — ü')
    const again = openSecrets(folder, seal)
    expect(await again.recall('registry:ghcr.io')).toBe('hunter3 — ü')
    expect(await again.list()).toEqual([{ name: 'registry:ghcr.io', place }, { name: 'ssh:../../etc/é', place }])
    await again.forget('registry:ghcr.io')
    await again.forget('registry:ghcr.io')
    expect(await again.recall('registry:ghcr.io')).toBeUndefined()
    expect(await again.list()).toEqual([{ name: 'ssh:../../etc/é', place }])
  })

  test('nobody else may read it', async () => {
    await openSecrets(folder, seal).keep('registry:ghcr.io', 'hunter2')
    const [file = ''] = await readdir(folder)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
    expect((await contentsOf()).join('')).not.toContain('hunter2')
  })
})

test('what a key store sealed is not told as nothing when the key store is away', async () => {
  const seal = turningSeal()
  await openSecrets(folder, seal).keep('ssh:work', 'phrase')
  seal.available = false
  const without = openSecrets(folder, seal)
  await expect(without.recall('ssh:work')).rejects.toMatchObject({ code: 'failed-precondition', reason: 'secret-sealed' })
  await without.keep('ssh:work', 'anew')
  expect(await without.recall('ssh:work')).toBe('anew')
  seal.available = true
  expect(await openSecrets(folder, seal).recall('ssh:work')).toBe('anew')
})
