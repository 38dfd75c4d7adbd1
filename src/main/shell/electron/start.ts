/**
 * The desktop shell, the only folder that knows Electron (with the preload). Every window is one session of the application on
 * one IPC channel. A window shows the page's own files under app://slipway and nothing else: it cannot navigate, open windows, or be given
 * permissions; whoever sends on the channel must be such a page at the top of its window.
 */
import { app, dialog, nativeTheme, type BrowserWindow } from 'electron'
import { join } from 'node:path'
import type { AppCommand } from '#shared/contract/events.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { isEngineError, messageOf } from '#shared/errors.ts'
import type { Application, WindowSession } from '../application.ts'
import { linkAmong, readDeepLink } from '../deep-link.ts'
import { keepAutostart } from './autostart.ts'
import { bindWindow } from './bridge.ts'
import { electronDesktop } from './desktop.ts'
import { installMenu } from './menu.ts'
import { notifyOfContainers } from './notifications.ts'
import { declareScheme, servePage } from './page-protocol.ts'
import { hardenSession, hardenWindows } from './security.ts'
import { installTray } from './tray.ts'
import { openMainWindow } from './main-window.ts'

export interface ElectronShellOptions {
  /** Folder with package.json; the built page and preload are below out/. */
  projectRoot: string
  /** Opens settings, engine and connections. Called once Electron is ready. */
  openApplication(): Promise<Application & AsyncDisposable>
}

/**
 * To be called before Electron is ready, and not awaited by the entry module: Electron is ready only once that has been evaluated.
 * https://www.electronjs.org/docs/latest/tutorial/esm#main-process
 */
export function startElectronShell(options: ElectronShellOptions): void {
  start(options).catch((error: unknown) => {
    dialog.showErrorBox('Slipway', isEngineError(error) && error.hint ? `${error.message}\n\n${error.hint}` : messageOf(error))
    app.exit(1)
  })
}

async function start(options: ElectronShellOptions): Promise<void> {
  if (!app.requestSingleInstanceLock()) return app.quit()
  declareScheme()
  hardenWindows()
  await app.whenReady()
  hardenSession()
  servePage(join(options.projectRoot, 'out/renderer'))
  const application = await options.openApplication()
  const windows = createWindows(application, options.projectRoot)
  keepTheme(application)
  keepMenu(application, (command) => windows.session()?.command(command))
  installTray(application, options.projectRoot, windows)
  notifyOfContainers(application, windows.open)
  keepAutostart(application.settings)
  followLinks(windows)
  app.on('activate', windows.show)
  app.on('window-all-closed', () => {
    if (!application.settings.get().stayInBackground) app.quit()
  })
  endInOrder(application)
  const link = linkAmong(process.argv)
  if (link) windows.open(link)
  else windows.show()
}

/** A second start, or a link of ours that was followed, comes to this window. */
function followLinks(windows: { show(): void; open(path: string): void }): void {
  const follow = (path: string | undefined) => (path === undefined ? windows.show() : windows.open(path))
  // In development Electron's binary is not ours: only a packaged app may claim the scheme.
  if (app.isPackaged) app.setAsDefaultProtocolClient('slipway')
  app.on('second-instance', (_event, words) => follow(linkAmong(words)))
  app.on('open-url', (event, url) => {
    event.preventDefault()
    follow(readDeepLink(url))
  })
}

/** One main window; made again when it was closed and the app stayed. */
function createWindows(application: Application, projectRoot: string) {
  let open: { window: BrowserWindow; session: WindowSession } | undefined
  const windows = {
    session: () => open?.session,
    show(): void {
      if (open) {
        if (open.window.isMinimized()) open.window.restore()
        open.window.show()
        return open.window.focus()
      }
      const window = openMainWindow(join(projectRoot, 'out/preload/index.cjs'))
      const session = application.openSession(electronDesktop(window, windows.open))
      bindWindow(window, session)
      open = { window, session }
      window.on('closed', () => (open = undefined))
    },
    /** Shows the window at an address of the page; a page that is yet to come hears of it when it listens. */
    open(path: string): void {
      windows.show()
      open?.session.navigate(path)
    },
  }
  return windows
}

/** In the language and with the shortcuts that are chosen, also while it runs. */
function keepMenu({ settings }: Application, send: (command: AppCommand) => void): void {
  const choices = () => JSON.stringify([settings.get().language, settings.get().shortcuts])
  let shown = choices()
  installMenu(settings, send)
  settings.onChange(() => {
    if (choices() !== shown) installMenu(settings, send)
    shown = choices()
  })
}

function keepTheme({ settings }: Application): void {
  const apply = ({ appearance }: Settings) => {
    nativeTheme.themeSource = appearance === 'contrast' ? 'system' : appearance
  }
  apply(settings.get())
  settings.onChange(apply)
}

/** Quitting waits until what was opened is closed, in reverse; containers go on under their shims. */
function endInOrder(application: AsyncDisposable): void {
  let ended = false
  app.on('will-quit', (event) => {
    if (ended) return
    event.preventDefault()
    const quit = () => {
      ended = true
      app.quit()
    }
    application[Symbol.asyncDispose]().then(quit, quit)
  })
}
