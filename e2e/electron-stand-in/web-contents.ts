import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import { decode, encode } from './clone-wire.mjs'
import { ipcMain } from './ipc-main.ts'

interface OpenRequest {
  url: string
}

/** The page side of a window: what is sent to it, and what it sends, which arrives as an event of ipcMain. */
export class WebContents extends EventEmitter {
  readonly id: number
  readonly #pageUrl: () => string
  #socket: WebSocket | undefined
  #loaded = false
  #waiting: string[] = []
  #destroyed = false
  #openHandler: ((request: OpenRequest) => { action: string }) | undefined
  /** The top frame: the same object for as long as a page lives, as in Electron. */
  mainFrame: { url: string } = { url: '' }

  constructor(id: number, pageUrl: () => string) {
    super()
    this.id = id
    this.#pageUrl = pageUrl
  }

  send(channel: string, ...values: unknown[]): void {
    if (this.#destroyed) throw new Error('Object has been destroyed')
    const message = encode({ kind: 'send', channel, values })
    if (this.#loaded) this.#socket?.send(message)
    else this.#waiting.push(message)
  }
  setWindowOpenHandler(handler: (request: OpenRequest) => { action: string }): void {
    this.#openHandler = handler
  }
  isDestroyed = () => this.#destroyed
  getURL = () => this.#pageUrl()
  openDevTools(): void {}

  /** A page came up, for the first time or again. */
  connect(socket: WebSocket): void {
    this.#socket?.close()
    this.#socket = socket
    this.#loaded = false
    this.#waiting = []
    this.mainFrame = { url: this.#pageUrl() }
    this.emit('did-start-navigation', { url: this.#pageUrl(), isMainFrame: true, isSameDocument: false })
    socket.on('message', (bytes) => void this.#take(socket, decode(String(bytes)) as PageMessage))
  }
  destroy(): void {
    this.#destroyed = true
    this.#socket?.close()
    this.emit('destroyed')
  }

  async #take(socket: WebSocket, message: PageMessage): Promise<void> {
    const event = { sender: this, senderFrame: this.mainFrame, processId: 1, frameId: 1 }
    if (message.kind === 'send') ipcMain.emit(message.channel, event, ...message.values)
    else if (message.kind === 'open') this.#openHandler?.({ url: message.url })
    else if (message.kind === 'preload-done') {
      this.#loaded = true
      this.#waiting.splice(0).forEach((each) => socket.send(each))
    } else if (message.kind === 'loaded') this.emit('did-finish-load')
    else socket.send(encode({ kind: 'answer', id: message.id, ...(await invoke(event, message)) }))
  }
}

type PageMessage =
  | { kind: 'send'; channel: string; values: unknown[] }
  | { kind: 'invoke'; id: number; channel: string; values: unknown[] }
  | { kind: 'open'; url: string }
  | { kind: 'preload-done' }
  | { kind: 'loaded' }

async function invoke(event: object, { channel, values }: { channel: string; values: unknown[] }): Promise<{ value?: unknown; error?: string }> {
  const handler = ipcMain.handlers.get(channel)
  if (!handler) return { error: `Error invoking remote method '${channel}': Error: No handler registered for '${channel}'` }
  try {
    return { value: await handler(event, ...values) }
  } catch (error) {
    return { error: `Error invoking remote method '${channel}': ${String(error)}` }
  }
}
