import { EventEmitter } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** The event whose default can be prevented. */
export class PreventableEvent {
  defaultPrevented = false
  preventDefault(): void {
    this.defaultPrevented = true
  }
}

const home = process.env['SLIPWAY_STAND_IN_HOME'] ?? join(tmpdir(), 'slipway-stand-in')
const entry = resolve(process.argv[1] ?? '.')

class App extends EventEmitter {
  readonly isPackaged = false
  readonly #ready = Promise.withResolvers<void>()
  #isReady = false
  #quitting = false
  /** Set by browser-window.ts: closes every window, false when one refused. */
  closeWindows: () => boolean = () => true

  constructor() {
    super()
    // As Electron: ready once the entry module has been evaluated, and not before.
    setTimeout(() => {
      this.#isReady = true
      this.#ready.resolve()
      this.emit('ready')
    }, 50)
  }

  isReady = () => this.#isReady
  whenReady = () => this.#ready.promise
  requestSingleInstanceLock = () => true
  getVersion = () => (JSON.parse(readFileSync(join(dirname(entry), '../../package.json'), 'utf8')) as { version: string }).version
  releaseSingleInstanceLock(): void {}
  setAsDefaultProtocolClient = () => true
  setLoginItemSettings(): void {}
  getAppPath = () => resolve(entry, '../../..')
  getName = () => 'slipway'
  getLocale = () => process.env['SLIPWAY_STAND_IN_LOCALE'] ?? 'en-US'
  getPath(name: string): string {
    const path = join(home, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  quit(): void {
    if (!this.#quitting) {
      const before = new PreventableEvent()
      this.emit('before-quit', before)
      if (before.defaultPrevented) return
      this.#quitting = true
      if (!this.closeWindows()) {
        this.#quitting = false
        return
      }
    }
    const will = new PreventableEvent()
    this.emit('will-quit', will)
    if (will.defaultPrevented) return
    this.emit('quit', {}, 0)
    this.exit(0)
  }
  exit(code = 0): void {
    process.exit(code)
  }
  /** The last window is gone: without a listener Electron quits. */
  allWindowsClosed(): void {
    if (!this.#quitting && !this.emit('window-all-closed')) this.quit()
  }
}
export const app = new App()

// Electron quits in good order when it is asked to end.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => app.quit())
