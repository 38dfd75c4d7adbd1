import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configureRequestUrl, HttpExecutor, type DownloadOptions } from 'builder-util-runtime'
import { AppImageUpdater } from 'electron-updater'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
// @ts-expect-error scripts run without a build, and have no declarations
import { signFeed } from '../../../../scripts/sign-feed.mjs'
import { channelOf } from './electron-updater-channel.ts'
import { SignedProvider } from './signed-provider.ts'

/** electron-updater itself, on plain Node, against a real server: an AppImage (a program that says its version) replaced by what a feed offers. */
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const program = (version: string) => Buffer.from(`#!/bin/sh\necho ${version} >> "$SAID"\n${'#'.repeat(300_000)}\n`)
let folder: string
let served: Map<string, Buffer>
let asked: { url: string; headers: IncomingMessage['headers'] }[]
let url: string
let appImage: string
const server = createServer((request, response) => {
  asked.push({ url: request.url ?? '', headers: request.headers })
  const body = served.get(new URL(request.url ?? '/', 'http://x').pathname)
  response.writeHead(body ? 200 : 404, { 'content-length': body?.length ?? 0 }).end(body)
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-updates-'))
  ;[served, asked] = [new Map(), []]
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  appImage = join(folder, 'home', 'Slipway-0.1.0.AppImage')
  await mkdir(join(folder, 'home'))
  await writeFile(appImage, program('0.1.0'), { mode: 0o755 })
  await writeFile(join(folder, 'app-update.yml'), stringify({ provider: 'generic', url, updaterCacheDirName: 'slipway-updater' }))
  vi.stubEnv('APPIMAGE', appImage)
  vi.stubEnv('SAID', join(folder, 'said'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

/** By the script that the release workflow runs. */
function signatureOf(list: Buffer, key: KeyObject): Buffer {
  const feed = mkdtempSync(join(folder, 'feed-'))
  writeFileSync(join(feed, 'latest.yml'), list)
  signFeed(feed, key.export({ type: 'pkcs8', format: 'pem' }))
  return readFileSync(join(feed, 'latest.yml.sig'))
}

/** Puts a release on the server, as `electron-builder` and `scripts/sign-feed.mjs` leave it. */
function publish(version: string, { key = privateKey, content = program(version) } = {}) {
  const name = `Slipway-${version}.AppImage`
  const sha512 = createHash('sha512').update(program(version)).digest('base64')
  const list = Buffer.from(stringify({ version, files: [{ url: name, sha512, size: program(version).length }], path: name, sha512, releaseDate: '2026-12-01T00:00:00.000Z', releaseNotes: '### Added\n- <b>Things</b>.' }))
  const listName = `/latest-linux${process.arch === 'x64' ? '' : `-${process.arch}`}.yml`
  served.set(listName, list)
  served.set(`${listName}.sig`, signatureOf(list, key))
  served.set(`/${name}`, content)
}

/** Electron's own network, by Node's. */
class NodeExecutor extends HttpExecutor<ReturnType<typeof httpRequest>> {
  createRequest(options: object, callback: (response: unknown) => void) {
    return httpRequest(options, callback)
  }
  /** As electron-updater's own executor does it. */
  download(from: URL, destination: string, options: DownloadOptions) {
    return options.cancellationToken.createPromise<string>((resolve, reject, onCancel) => {
      const request = { headers: options.headers ?? undefined }
      configureRequestUrl(from, request)
      this.doDownload(request, { destination, options, onCancel, callback: (error: Error | null) => (error ? reject(error) : resolve(destination)), responseHandler: null }, 0)
    })
  }
}
function open() {
  const quit: ((code: number) => void)[] = []
  const app = { version: '0.1.0', name: 'slipway', isPackaged: true, appUpdateConfigPath: join(folder, 'app-update.yml'), userDataPath: join(folder, 'user'), baseCachePath: join(folder, 'cache'), whenReady: async () => {}, relaunch: () => {}, quit: () => {}, onQuit: (handler: (code: number) => void) => void quit.push(handler) }
  const updater = new AppImageUpdater(null, app)
  Object.assign(updater, { httpExecutor: new NodeExecutor() })
  updater.setFeedURL({ provider: 'custom', updateProvider: SignedProvider, url, publicKey: publicKey.export({ type: 'spki', format: 'pem' }) } as never)
  return { channel: channelOf(updater, () => {}), quit: () => quit.forEach((handler) => handler(0)) }
}
const options = () => ({ signal: new AbortController().signal, tell: () => {} })
const installed = async () => (await Promise.all((await readdir(join(folder, 'home'))).map(async (name) => [name, (await readFile(join(folder, 'home', name), 'utf8')).split('\n')[1]?.slice(5, 10)]))).flat()

test('a newer release is found, fetched with progress, verified, and takes the place of the old one when the app ends', async () => {
  publish('0.2.0')
  const { channel, quit } = open()
  expect(await channel.find()).toEqual({ version: '0.2.0', notes: '### Added\n- <b>Things</b>.', bytes: program('0.2.0').length })
  expect(asked.map((each) => each.url.split('?')[0])).not.toContain('/Slipway-0.2.0.AppImage')
  // Who asks is nobody's business.
  expect(asked.flatMap(({ headers }) => Object.keys(headers))).not.toContain('x-user-staging-id')
  const told: [number, number][] = []
  await channel.download({ ...options(), tell: (current, total) => told.push([current, total]) })
  expect(told.at(-1)).toEqual([program('0.2.0').length, program('0.2.0').length])
  expect(await installed()).toEqual(['Slipway-0.1.0.AppImage', '0.1.0'])
  quit()
  expect(await installed()).toEqual(['Slipway-0.2.0.AppImage', '0.2.0'])
  expect((await stat(join(folder, 'home/Slipway-0.2.0.AppImage'))).mode & 0o777).toBe(0o755)
})

test.each(['0.1.0', '0.0.9'])('%s is not newer', async (version) => {
  publish(version)
  expect(await open().channel.find()).toBeUndefined()
})

test('a program that is not what the list says is thrown away', async () => {
  publish('0.2.0', { content: Buffer.from('#!/bin/sh\nevil\n') })
  const { channel, quit } = open()
  await channel.find()
  await expect(channel.download(options())).rejects.toMatchObject({ code: 'ERR_CHECKSUM_MISMATCH' })
  quit()
  expect(await installed()).toEqual(['Slipway-0.1.0.AppImage', '0.1.0'])
  expect((await readdir(join(folder, 'cache/slipway-updater'), { recursive: true })).filter((name) => name.endsWith('.AppImage'))).toEqual([])
})

test.each([
  ['signed by somebody else', () => publish('0.2.0', { key: generateKeyPairSync('ed25519').privateKey })],
  ['changed after it was signed', () => (publish('0.2.0'), served.forEach((body, name) => name.endsWith('.yml') && served.set(name, Buffer.from(body.toString().replace('0.2.0', '0.3.0')))))],
  ['without a signature', () => (publish('0.2.0'), served.forEach((_, name) => name.endsWith('.sig') && served.set(name, Buffer.from(''))))],
])('a list that is %s is not believed', async (_, serve) => {
  serve()
  await expect(open().channel.find()).rejects.toMatchObject({ reason: 'update-signature' })
})

test('a download that is cancelled leaves the app as it is', async () => {
  publish('0.2.0')
  const { channel } = open()
  await channel.find()
  const cancelling = new AbortController()
  cancelling.abort()
  await expect(channel.download({ signal: cancelling.signal, tell: () => {} })).rejects.toThrow()
  expect(await installed()).toEqual(['Slipway-0.1.0.AppImage', '0.1.0'])
})
