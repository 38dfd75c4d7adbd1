import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSecrets } from '../secrets/secret-store.ts'
import { openRegistryAccounts } from './registry-accounts.ts'

/** A credential helper that keeps its accounts in a file, and says what docker's do when it has none. */
const HELPER = `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs')
const file = __filename + '.json'
const kept = (() => { try { return JSON.parse(readFileSync(file, 'utf8')) } catch { return {} } })()
const input = readFileSync(0, 'utf8').trim()
const write = () => writeFileSync(file, JSON.stringify(kept))
const deeds = {
  list: () => console.log(JSON.stringify(Object.fromEntries(Object.values(kept).map(({ ServerURL, Username }) => [ServerURL, Username])))),
  get: () => kept[input] ? console.log(JSON.stringify(kept[input])) : (console.log('credentials not found in native keychain'), process.exit(1)),
  store: () => { const account = JSON.parse(input); kept[account.ServerURL] = account; write() },
  erase: () => { delete kept[input]; write() },
}
deeds[process.argv[2]]()
`

let folder: string
let configFile: string
const path = process.env['PATH']
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-accounts-'))
  configFile = join(folder, 'config.json')
  await writeFile(join(folder, 'docker-credential-test'), HELPER)
  await chmod(join(folder, 'docker-credential-test'), 0o755)
  process.env['PATH'] = `${folder}${delimiter}${path}`
})
afterEach(async () => {
  process.env['PATH'] = path
  await rm(folder, { recursive: true })
})
const open = () => openRegistryAccounts(openSecrets(join(folder, 'secrets')), configFile)
const configure = (config: object) => writeFile(configFile, JSON.stringify(config))
const secretsKept = () => readdir(join(folder, 'secrets')).catch(() => [])
const ada = { username: 'ada', password: 'hunter2' }

test('without a helper an account is kept with the app', async () => {
  const accounts = open()
  expect(await accounts.of('ghcr.io')).toBeUndefined()
  expect(await accounts.placeFor('ghcr.io')).toEqual({ kind: 'file' })
  await accounts.keep('ghcr.io', ada)
  await accounts.keep('docker.io', { username: 'bob', identityToken: 'token' })
  expect(await open().of('ghcr.io')).toEqual(ada)
  expect(await open().list()).toEqual([
    { registry: 'docker.io', username: 'bob', place: { kind: 'file' } },
    { registry: 'ghcr.io', username: 'ada', place: { kind: 'file' } },
  ])
  await accounts.forget('ghcr.io')
  expect(await accounts.of('ghcr.io')).toBeUndefined()
})

test('the helper that docker’s configuration names has the account, and the app keeps none', async () => {
  await open().keep('ghcr.io', { username: 'old', password: 'old' })
  await configure({ credsStore: 'test', auths: { 'ghcr.io': {} } })
  const accounts = open()
  expect(await accounts.placeFor('ghcr.io')).toEqual({ kind: 'helper', helper: 'test' })
  await accounts.keep('ghcr.io', ada)
  await accounts.keep('docker.io', { username: 'bob', identityToken: 'token' })
  expect(await secretsKept()).toEqual([])
  expect(JSON.parse(await readFile(join(folder, 'docker-credential-test.json'), 'utf8'))).toMatchObject({ 'https://index.docker.io/v1/': { Username: '<token>', Secret: 'token' } })
  expect(await accounts.of('ghcr.io')).toEqual(ada)
  expect(await accounts.of('docker.io')).toEqual({ identityToken: 'token' })
  expect(await accounts.list()).toEqual([
    { registry: 'docker.io', username: '', place: { kind: 'helper', helper: 'test' } },
    { registry: 'ghcr.io', username: 'ada', place: { kind: 'helper', helper: 'test' } },
  ])
  await accounts.forget('ghcr.io')
  expect(await accounts.of('ghcr.io')).toBeUndefined()
})

test('a registry’s own helper goes before the one for all; one that is not installed is as none', async () => {
  await configure({ credsStore: 'desktop-of-long-ago', credHelpers: { 'ghcr.io': 'test' } })
  const accounts = open()
  await accounts.keep('ghcr.io', ada)
  await accounts.keep('quay.io', ada)
  expect(await accounts.list()).toEqual([
    { registry: 'ghcr.io', username: 'ada', place: { kind: 'helper', helper: 'test' } },
    { registry: 'quay.io', username: 'ada', place: { kind: 'file' } },
  ])
  expect(await accounts.of('quay.io')).toEqual(ada)
  expect(await accounts.placeFor('quay.io')).toEqual({ kind: 'file' })
  await accounts.forget('quay.io')
  expect(await accounts.of('quay.io')).toBeUndefined()
})

test('who did docker login is signed in, and signs out here as by docker logout', async () => {
  await configure({ psFormat: 'x', auths: { 'https://index.docker.io/v1/': { auth: Buffer.from('ada:hun:ter2').toString('base64') }, 'quay.io': { identitytoken: 't', auth: Buffer.from('bob:').toString('base64') } } })
  const accounts = open()
  expect(await accounts.of('docker.io')).toEqual({ username: 'ada', password: 'hun:ter2' })
  expect(await accounts.list()).toEqual([
    { registry: 'docker.io', username: 'ada', place: { kind: 'docker-config' } },
    { registry: 'quay.io', username: 'bob', place: { kind: 'docker-config' } },
  ])
  await accounts.forget('docker.io')
  expect(await accounts.of('docker.io')).toBeUndefined()
  expect(JSON.parse(await readFile(configFile, 'utf8'))).toMatchObject({ psFormat: 'x', auths: { 'quay.io': { identitytoken: 't' } } })
})

test('a configuration that cannot be read, or that names a path for a helper, says nothing', async () => {
  await configure({ credsStore: '../../bin/sh' })
  expect(await open().placeFor('ghcr.io')).toEqual({ kind: 'file' })
  await writeFile(configFile, '{ half')
  expect(await open().list()).toEqual([])
})
