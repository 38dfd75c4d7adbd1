import type { Registries } from '#shared/contract/registries.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { wait } from './wait.ts'

const fakeRegistries: Registries = { accounts: [{ registry: 'docker.io', username: 'ada', place: { kind: 'helper', helper: 'secretservice' } }, { registry: 'registry.acme.example:5000', username: 'ci', place: { kind: 'keyring' } }], mirrors: [], insecure: ['127.0.0.0/8', '::1/128'], place: { kind: 'keyring' } }

export const isSignedIn = (name: string): boolean => fakeRegistries.accounts.some(({ registry }) => registry === name)

/** Accounts at registries, and where the data is. */
export const fakeSettingsCalls = ({ cancelled, tell }: FakeEngine): FakeCalls => ({
  'data.place': () => ({ path: '/home/ada/.local/share/slipway', former: ['/var/tmp/old/slipway'] }),
  'data.measure': () => ({ bytes: 14_200_000_000, freeBytes: 212_000_000_000 }),
  'data.removeFormer': () => ({ path: '/home/ada/.local/share/slipway', former: [] }),
  'data.move': async ({ folder }: { folder: string }, callId: string) => {
    if (folder.startsWith('/small')) throw new EngineError('resource-exhausted', `There is no room at ${folder}: 14264 MB are needed and 900 MB are free.`, { reason: 'no-room', hint: 'Choose another disk, or free some room.', field: 'folder' })
    for (const phase of ['stopping', 'copying', 'verifying', 'starting'] as const) {
      tell({ type: 'progress', callId, step: { kind: 'phase', phase } })
      for (let part = 0; part <= 20; part++) {
        if (cancelled.has(callId)) throw new EngineError('cancelled', 'Cancelled.')
        if (phase === 'copying' || phase === 'verifying') tell({ type: 'progress', callId, step: { kind: 'bytes', current: part * 710_000_000, total: 14_200_000_000 } })
        await wait(100)
      }
    }
    return { path: `${folder}/slipway`, former: ['/home/ada/.local/share/slipway'] }
  },
  'registries.list': () => fakeRegistries,
  'registries.signIn': ({ registry, username, password }: { registry: string; username: string; password: string }) => {
    if (password === 'wrong') throw new EngineError('unauthorized', `${registry} does not take this user name with this password (unauthorized: authentication required).`, { reason: 'wrong-credentials', hint: 'Check both. Registries with a second factor want an access token in place of the password.', field: 'password' })
    fakeRegistries.accounts = [...fakeRegistries.accounts.filter((one) => one.registry !== registry), { registry, username, place: { kind: 'keyring' } }]
    return fakeRegistries
  },
  'registries.signOut': ({ registry }: { registry: string }) => (fakeRegistries.accounts = fakeRegistries.accounts.filter((one) => one.registry !== registry), fakeRegistries),
})

