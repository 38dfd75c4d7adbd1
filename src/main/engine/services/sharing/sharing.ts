import { X509Certificate } from 'node:crypto'
import { EngineError, messageOf } from '#shared/errors.ts'
import { createGatekeeper, type Verb } from './gatekeeper.ts'
import { openListener, type Listener } from './listener.ts'
import type { SharingNeeds } from './needs.ts'
import { initialSettings, isLoopback, mayOpen, settingsAfter, type SharingChange, type SharingSettings } from './settings.ts'
import type { SettingsFile } from './settings-file.ts'

/**
 * Sharing: whether, where and with whom the engine is a registry for others.
 *
 * It is off until somebody turns it on. On this machine's loopback address whoever is on the machine may pull; who wants to push, or is
 * on another machine, shows the name and password. Without a password it opens to no network, and to a network it speaks TLS only, with
 * the certificate it was given or one that it makes for itself. (docs/decisions/0601-the-engine-as-a-registry.md)
 */
export interface Sharing extends AsyncDisposable {
  /** Takes up what the settings say. What stands in the way is logged and shown, and does not keep the engine from starting. */
  start(): Promise<void>
  state(): SharingState
  /** All of it or nothing: what fails leaves it as it was. @throws invalid-argument, failed-precondition (needs-password), already-exists (the port), … */
  change(change: SharingChange): Promise<SharingState>
  /** @throws unauthorized, forbidden, resource-exhausted (too-many-tries) */
  authorize(authorization: string | undefined, wants: Verb): Promise<void>
}

export interface SharingState {
  on: boolean
  host: string
  port: number
  /** Whether who knows the password may push. */
  push: boolean
  username: string
  /** Whether there is one. */
  password: boolean
  /** On this machine's own address only. */
  loopback: boolean
  /** Why it is not on although it should be. */
  problem?: string
  /** What clients have to trust; absent where no TLS is spoken. */
  tls?: { certificate: string; fingerprint: string; expires: string; own: boolean }
  /** Names and addresses of this machine, to reach it by. */
  hosts: string[]
}

export interface SharingContext {
  file: SettingsFile
  needs: SharingNeeds
  log: (line: string) => void
  /** Of the command line; wins over what was saved. */
  asked?: SharingChange
}

/** @throws what is wrong with `asked`, which whoever starts the engine wants to know at once. */
export async function createSharing(context: SharingContext): Promise<Sharing> {
  const { file, needs, asked } = context
  let saved = initialSettings
  let problem: string | undefined
  try {
    saved = await file.read()
  } catch (error) {
    problem = messageOf(error)
  }
  const settings = await settingsAfter(saved, asked ?? {}, needs.hosts())
  if (asked && settings.on) mayOpen(settings)
  return new Switch(context, settings, problem)
}

class Switch implements Sharing {
  readonly #file: SettingsFile
  readonly #needs: SharingNeeds
  readonly #log: (line: string) => void
  readonly #gatekeeper = createGatekeeper(() => this.#settings)
  #settings: SharingSettings
  #problem: string | undefined
  #listener: Listener | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor({ file, needs, log }: SharingContext, settings: SharingSettings, problem: string | undefined) {
    this.#file = file
    this.#needs = needs
    this.#log = log
    this.#settings = settings
    this.#problem = problem
  }

  async start() {
    try {
      if (this.#problem !== undefined) throw new EngineError('failed-precondition', this.#problem)
      if (!this.#settings.on) return
      mayOpen(this.#settings)
      this.#listener = await openListener(this.#needs, this.#settings)
      this.#log(`images are served on ${this.#settings.host} port ${this.#listener.port}`)
    } catch (error) {
      this.#problem = messageOf(error)
      this.#log(`images are not served: ${this.#problem}`)
    }
  }

  state(): SharingState {
    const { host, port, push, username, password, tls } = this.#settings
    return {
      on: this.#listener !== undefined,
      host,
      port: this.#listener?.port ?? port,
      push,
      username,
      password: password !== undefined,
      loopback: isLoopback(host),
      ...(this.#problem !== undefined && { problem: this.#problem }),
      ...(tls && { tls: describeTls(tls) }),
      hosts: this.#needs.hosts(),
    }
  }

  /** One after the other. */
  async change(change: SharingChange) {
    const work = this.#turn.then(async () => {
      const next = await settingsAfter(this.#settings, change, this.#needs.hosts())
      if (next.on) mayOpen(next)
      await this.#switchTo(next)
      return this.state()
    })
    this.#turn = work.catch(() => {})
    return await work
  }

  authorize(authorization: string | undefined, wants: Verb) {
    return this.#gatekeeper.authorize(authorization, wants)
  }

  async [Symbol.asyncDispose]() {
    await this.#stop()
  }

  /** With the new settings, or again with those before. */
  async #switchTo(next: SharingSettings): Promise<void> {
    const before = this.#settings
    await this.#stop()
    try {
      this.#adopt(next)
      if (next.on) this.#listener = await openListener(this.#needs, next)
      await this.#file.write(next)
      this.#problem = undefined
    } catch (error) {
      await this.#stop()
      this.#adopt(before)
      if (before.on) await this.start()
      throw error
    }
  }

  #adopt(settings: SharingSettings) {
    this.#settings = settings
    this.#gatekeeper.forget()
  }

  async #stop() {
    const before = this.#listener
    this.#listener = undefined
    await before?.close()
  }
}

function describeTls({ certificate, own }: NonNullable<SharingSettings['tls']>): NonNullable<SharingState['tls']> {
  try {
    const read = new X509Certificate(certificate)
    return { certificate, fingerprint: read.fingerprint256, expires: read.validToDate.toISOString(), own }
  } catch (cause) {
    throw new EngineError('internal', 'the certificate of the registry cannot be read', { cause })
  }
}
