import { expect, test } from 'vitest'
import type { RegistryAccount } from '#shared/contract/registries.ts'
import { searchPlaces } from './search-places.ts'

const account = (registry: string): RegistryAccount => ({ registry, username: 'ann', place: { kind: 'keyring' } as RegistryAccount['place'] })

test('a word alone is for Docker Hub and every registry that was set up, each once', () => {
  const registries = { accounts: [account('ghcr.io'), account('docker.io'), account('127.0.0.1:5000')], insecure: ['127.0.0.1:5000', '127.0.0.0/8', 'lab:5000'] }
  expect(searchPlaces('team/web', registries)).toEqual([
    { registry: 'docker.io', term: 'team/web' },
    { registry: 'ghcr.io', term: 'ghcr.io/team/web' },
    { registry: '127.0.0.1:5000', term: '127.0.0.1:5000/team/web' },
    { registry: 'lab:5000', term: 'lab:5000/team/web' },
  ])
})

test('a word that names its registry is for that one alone', () => {
  expect(searchPlaces('ghcr.io/web', { accounts: [account('lab:5000')], insecure: [] })).toEqual([{ registry: 'ghcr.io', term: 'ghcr.io/web' }])
})

test('where nothing is known, Docker Hub', () => {
  expect(searchPlaces('web', undefined)).toEqual([{ registry: 'docker.io', term: 'web' }])
})
