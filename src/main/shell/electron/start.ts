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
import { createUpdates, type Updates } from '../updates/updates.ts'
import { keepAutostart } from './autostart.ts'
import { bindWindow } from './bridge.ts'
import { electronDesktop } from './desktop.ts'
import { installMenu } from './menu.ts'
import { notifyOfContainers } from './notifications.ts'
import { declareScheme, servePage } from './page-protocol.ts'
import { hardenSession, hardenWindows } from './security.ts'
import { openReleaseChannel } from './release-channel.ts'
import { installTray } from './tray.ts'
import { openMainWindow } from './main-window.ts'
import { hearOpenings } from './openings.ts'

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
  const follow = hearOpenings()
  declareScheme()
  hardenWindows()
  await app.whenReady()
  hardenSession()
  servePage(join(options.projectRoot, 'out/renderer'))
  const application = await options.openApplication()
  const end = endInOrder(application)
  const updates = await openUpdates(application, options.projectRoot, end)
  const windows = createWindows(application, options.projectRoot, updates)
  keepTheme(application)
  keepMenu(application, (command) => windows.session()?.command(command))
  installTray(application, options.projectRoot, windows)
  notifyOfContainers(application, windows.open)
  keepAutostart(application.settings)
  app.on('activate', windows.show)
  app.on('window-all-closed', () => {
    if (!application.settings.get().stayInBackground) app.quit()
  })
  follow((address) => (address === undefined ? windows.show() : windows.open(address)))
}

/** One main window; made again when it was closed and the app stayed. */
function createWindows(application: Application, projectRoot: string, updates: Updates) {
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
      const session = application.openSession(electronDesktop(window, updates, windows.open))
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

const nothing = () => undefined

/** Quitting waits until what was opened is closed, in reverse; containers go on under their shims. @returns closes it now. */
function endInOrder(application: AsyncDisposable): () => Promise<void> {
  let ended = false
  let ending: Promise<void> | undefined
  const end = () => (ending ??= Promise.resolve(application[Symbol.asyncDispose]()).then(nothing, nothing).then(() => void (ended = true)))
  app.on('will-quit', (event) => {
    if (ended) return
    event.preventDefault()
    void end().then(() => app.quit())
  })
  return end
}

/** The next app takes over from this one: it wants its engine, its socket and its place as the only one. */
async function openUpdates({ settings }: Application, projectRoot: string, end: () => Promise<void>): Promise<Updates> {
  let wanted = settings.get().checkForUpdates
  return createUpdates({
    ...(await openReleaseChannel(projectRoot)),
    isWanted: () => wanted,
    onWanted: (listener) =>
      settings.onChange(({ checkForUpdates }) => {
        if (checkForUpdates === wanted) return
        wanted = checkForUpdates
        listener()
      }),
    async letGo() {
      await end()
      app.releaseSingleInstanceLock()
    },
  })
}
