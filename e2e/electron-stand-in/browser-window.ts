import { EventEmitter } from 'node:events'
import { app, PreventableEvent } from './app.ts'
import { tellDriver } from './driver-channel.ts'
import { startPageServer, type PageServer } from './page-server.ts'
import { record } from './records.ts'
import { WebContents } from './web-contents.ts'

interface Options {
  width?: number
  height?: number
  x?: number
  y?: number
  show?: boolean
  title?: string
  webPreferences?: { preload?: string; contextIsolation?: boolean; sandbox?: boolean; nodeIntegration?: boolean }
}

const windows = new Map<number, BrowserWindow>()
let lastId = 0

/** A window is an address that the driver opens; `ready-to-show` comes once its page has loaded. */
export class BrowserWindow extends EventEmitter {
  readonly id = ++lastId
  readonly webContents: WebContents
  readonly #options: Options
  #server: PageServer | undefined
  #url = ''
  #visible = false
  #maximized = false

  constructor(options: Options = {}) {
    super()
    this.#options = options
    this.webContents = new WebContents(this.id, () => this.#url)
    windows.set(this.id, this)
    record('window', options)
    app.emit('web-contents-created', {}, this.webContents)
  }

  static getAllWindows = () => [...windows.values()]
  static fromId = (id: number) => windows.get(id) ?? null
  /** Whether the user looks at us, as the driver says. */
  static focused = true
  static getFocusedWindow = () => (BrowserWindow.focused ? ([...windows.values()][0] ?? null) : null)

  async loadURL(url: string): Promise<void> {
    this.#url = url
    const loaded = new Promise<void>((resolve) => this.webContents.once('did-finish-load', resolve))
    this.#server = await startPageServer({ pageUrl: url, preload: this.#options.webPreferences?.preload, connect: (socket) => this.webContents.connect(socket) })
    tellDriver({ kind: 'window', id: this.id, url: this.#server.url, options: this.#options })
    await loaded
    this.emit('ready-to-show')
  }

  show(): void {
    this.#visible = true
    record('show', this.id)
    this.emit('show')
  }
  focus(): void {
    record('focus', this.id)
  }
  isVisible = () => this.#visible
  isMinimized = () => false
  restore(): void {}
  maximize(): void {
    this.#maximized = true
  }
  isMaximized = () => this.#maximized
  getNormalBounds = () => ({ x: this.#options.x ?? 0, y: this.#options.y ?? 0, width: this.#options.width ?? 800, height: this.#options.height ?? 600 })
  isDestroyed = () => !windows.has(this.id)

  /** False when a listener refused. */
  close(): boolean {
    const event = new PreventableEvent()
    this.emit('close', event)
    if (event.defaultPrevented) return false
    this.destroy()
    return true
  }
  destroy(): void {
    if (!windows.delete(this.id)) return
    this.webContents.destroy()
    this.#server?.close()
    this.emit('closed')
    if (windows.size === 0) app.allWindowsClosed()
  }
}

app.closeWindows = () => [...windows.values()].every((window) => window.close())
