import { BrowserWindow, nativeTheme } from 'electron'
import { keepWindowState, readWindowState } from './window-state.ts'
import { pageUrl } from './page-protocol.ts'

/** The main window: shown when it has something to show, where it was last. */
export function openMainWindow(preload: string): BrowserWindow {
  const { maximized, ...bounds } = readWindowState()
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Slipway',
    // As the page's own first paint, so that nothing flashes.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#141518' : '#ffffff',
    webPreferences: { preload, contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true, webviewTag: false, navigateOnDragDrop: false, spellcheck: false },
  })
  if (maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  keepWindowState(window)
  void window.loadURL(pageUrl)
  return window
}
