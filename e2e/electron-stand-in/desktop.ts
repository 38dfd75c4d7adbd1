import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { record } from './records.ts'

interface MenuItem {
  label?: string
  role?: string
  type?: string
  click?: () => void
  submenu?: MenuItem[]
}

/** What the next dialogs are answered with; without an answer the user closed it. */
export const dialogAnswers: unknown[] = []

export const dialog = {
  async showOpenDialog(...request: unknown[]): Promise<unknown> {
    record('showOpenDialog', request.at(-1))
    return dialogAnswers.shift() ?? { canceled: true, filePaths: [] }
  },
  async showSaveDialog(...request: unknown[]): Promise<unknown> {
    record('showSaveDialog', request.at(-1))
    return dialogAnswers.shift() ?? { canceled: true, filePath: '' }
  },
  async showMessageBox(...request: unknown[]): Promise<unknown> {
    record('showMessageBox', request.at(-1))
    return dialogAnswers.shift() ?? { response: 0, checkboxChecked: false }
  },
  showErrorBox(title: string, content: string): void {
    record('showErrorBox', title, content)
    console.error(`${title}: ${content}`)
  },
}

export const shell = {
  openExternal: async (url: string) => record('openExternal', url),
  openPath: async (path: string) => (record('openPath', path), ''),
  showItemInFolder: (path: string) => record('showItemInFolder', path),
}

let text = ''
export const clipboard = {
  writeText(next: string): void {
    record('writeText', next)
    text = next
  },
  readText: () => text,
}

let applicationMenu: MenuItem[] = []
export const Menu = {
  buildFromTemplate: (template: MenuItem[]) => template,
  setApplicationMenu(menu: MenuItem[]): void {
    applicationMenu = menu
    record('setApplicationMenu', menu.map((item) => item.label ?? item.role))
  },
}
/** As a user would: `['File', 'Run container…']`. */
export function clickMenu(path: readonly string[], menu = applicationMenu): void {
  let items = menu
  let item: MenuItem | undefined
  for (const name of path) {
    item = items.find((each) => (each.label ?? each.role) === name)
    if (!item) throw new Error(`There is no menu ${path.join(' › ')}`)
    items = item.submenu ?? []
  }
  item?.click?.()
}

class NativeTheme extends EventEmitter {
  shouldUseDarkColors = false
  #source = 'system'
  get themeSource(): string {
    return this.#source
  }
  set themeSource(source: string) {
    this.#source = source
    record('themeSource', source)
    this.emit('updated')
  }
}
export const nativeTheme = new NativeTheme()

const shownNotifications: Notification[] = []
/** As a user would click the newest. */
export const clickNotification = (): boolean => shownNotifications.at(-1)?.emit('click') ?? false

let trayMenu: MenuItem[] = []
export class Tray extends EventEmitter {
  constructor(image: unknown) {
    super()
    record('tray', image)
  }
  setToolTip(text: string): void {
    record('trayToolTip', text)
  }
  setContextMenu(menu: MenuItem[]): void {
    trayMenu = menu
    record('trayMenu', menu.map((item) => item.label ?? item.type))
  }
  destroy(): void {}
}
export const clickTray = (path: readonly string[]): void => clickMenu(path, trayMenu)

export const nativeImage = { createFromPath: (path: string) => ({ path, isEmpty: () => !existsSync(path) }) }

export class Notification extends EventEmitter {
  static isSupported = () => true
  readonly options: unknown
  constructor(options: unknown) {
    super()
    this.options = options
  }
  show(): void {
    record('notification', this.options)
    shownNotifications.push(this)
  }
  close(): void {
    this.emit('close')
  }
}

const workArea = { x: 0, y: 0, width: 1920, height: 1080 }
export const screen = { getDisplayMatching: () => ({ workArea }), getPrimaryDisplay: () => ({ workArea }) }

/** There is no key store behind the stand-in, and it says so, as Electron does on a Linux without one. */
export const safeStorage = {
  isEncryptionAvailable: () => false,
  getSelectedStorageBackend: () => 'basic_text',
  encryptString(): never {
    throw new Error('There is no key store.')
  },
  decryptString(): never {
    throw new Error('There is no key store.')
  },
}
