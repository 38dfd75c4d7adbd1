import { app, clipboard, dialog, type BrowserWindow } from 'electron'
import type { Desktop } from '../application.ts'
import { openOutside } from './security.ts'

/** What the desktop does for one window. */
export function electronDesktop(window: BrowserWindow): Desktop {
  return {
    app: {
      facts: async () => ({ version: app.getVersion(), shell: 'electron', platform: process.platform, abilities: { pickFolder: true, openExternal: true, copyText: true } }),
      openExternal: ({ url }) => openOutside(url),
      async copyText({ text }) {
        clipboard.writeText(text)
      },
      async pickFolder({ title }) {
        const { canceled, filePaths } = await dialog.showOpenDialog(window, { title, properties: ['openDirectory', 'createDirectory'] })
        return canceled ? undefined : filePaths[0]
      },
    },
  }
}
