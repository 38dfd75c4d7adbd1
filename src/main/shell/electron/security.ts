import { app, session, shell, type WebContents } from 'electron'
import { webUrl } from '#shared/contract/app.ts'
import { pageUrl } from './page-protocol.ts'

/** For every web contents there will ever be: no navigation, no windows, no webviews. https://www.electronjs.org/docs/latest/tutorial/security */
export function hardenWindows(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault())
    contents.on('will-frame-navigate', (event) => event.preventDefault())
    contents.on('will-redirect', (event) => event.preventDefault())
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(({ url }) => {
      void openOutside(url).catch(() => {})
      return { action: 'deny' }
    })
  })
}

/** Copying text is the page's only permission. */
export function hardenSession(): void {
  const isAllowed = (contents: WebContents | null, permission: string) => permission === 'clipboard-sanitized-write' && contents !== null && contents.getURL().startsWith(pageUrl)
  session.defaultSession.setPermissionRequestHandler((contents, permission, decide) => decide(isAllowed(contents, permission)))
  session.defaultSession.setPermissionCheckHandler(isAllowed)
  session.defaultSession.setDevicePermissionHandler(() => false)
}

/** http and https only, and in the form that the check has seen. @throws invalid-argument */
export const openOutside = async (url: string): Promise<void> => shell.openExternal(new URL(webUrl(url, 'url')).href)
