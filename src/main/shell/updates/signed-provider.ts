import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { Provider, type AppUpdater, type ResolvedUpdateFileInfo, type UpdateInfo } from 'electron-updater'
import { parseUpdateInfo, resolveFiles, type ProviderRuntimeOptions } from 'electron-updater/out/providers/Provider.js'
import { EngineError } from '#shared/errors.ts'

/** A folder of a web server, as electron-builder fills it, and whose signatures are believed. */
export interface FeedOptions {
  provider: 'custom'
  updateProvider: typeof SignedProvider
  url: string
  /** PEM, Ed25519. */
  publicKey: string
}

/**
 * The feed of a generic server, whose list of files (`latest-linux.yml`) must be signed: `latest-linux.yml.sig` is the base64 of an Ed25519 signature of it. The
 * list has a digest of each file, so whoever can change the server can still not give anybody a program. (docs/decisions/0902-updates.md)
 */
export class SignedProvider extends Provider<UpdateInfo> {
  readonly #base: URL
  readonly #key: KeyObject

  constructor({ url, publicKey }: FeedOptions, _updater: AppUpdater, runtime: ProviderRuntimeOptions) {
    super(runtime)
    this.#base = new URL(url.endsWith('/') ? url : `${url}/`)
    this.#key = createPublicKey(publicKey)
  }

  async getLatestVersion(): Promise<UpdateInfo> {
    const name = `${this.getDefaultChannelName()}.yml`
    const [list, signature] = await Promise.all([this.#text(name), this.#text(`${name}.sig`)])
    if (!verify(null, Buffer.from(list), this.#key, Buffer.from(signature.trim(), 'base64'))) throw new EngineError('data-loss', 'The release feed is not signed by the authors of Slipway: nothing of it is used.', { reason: 'update-signature', hint: 'If it stays so, tell the authors.' })
    return parseUpdateInfo(list, name, new URL(name, this.#base))
  }

  resolveFiles(info: UpdateInfo): ResolvedUpdateFileInfo[] {
    return resolveFiles(info, this.#base)
  }

  /** electron-updater would send a number of this installation along; the feed is not told who asks. */
  override setRequestHeaders(): void {
    super.setRequestHeaders({ 'cache-control': 'no-cache' })
  }

  async #text(name: string): Promise<string> {
    return (await this.httpRequest(new URL(name, this.#base))) ?? ''
  }
}
