import { app, clipboard, dialog, type BrowserWindow } from 'electron'
import type { PathChoice } from '#shared/contract/app.ts'
import type { Desktop } from '../application.ts'
import { describePath, listFolder } from '../host-folders.ts'
import type { Updates } from '../updates/updates.ts'
import { notify } from './notifications.ts'
import { openOutside } from './security.ts'

/** What the desktop does for one window. */
export function electronDesktop(window: BrowserWindow, updates: Updates, open: (path: string) => void): Desktop {
  return {
    updates,
    app: {
      facts: async () => ({ version: app.getVersion(), shell: 'electron', platform: process.platform, abilities: { choosePath: true, openExternal: true, copyText: true } }),
      openExternal: ({ url }) => openOutside(url),
      async copyText({ text }) {
        clipboard.writeText(text)
      },
      notify: async ({ path, ...text }) => notify(text, () => open(path)),
      choosePath: (choice) => choosePath(window, choice),
      listFolder,
      describePath,
    },
  }
}

async function choosePath(window: BrowserWindow, { kind, title, filters, suggested: defaultPath }: PathChoice): Promise<string | undefined> {
  if (kind === 'save') {
    const { canceled, filePath } = await dialog.showSaveDialog(window, { title, filters, defaultPath, properties: ['createDirectory', 'showOverwriteConfirmation'] })
    return canceled || !filePath ? undefined : filePath
  }
  const { canceled, filePaths } = await dialog.showOpenDialog(window, { title, filters, defaultPath, properties: kind === 'folder' ? ['openDirectory', 'createDirectory'] : ['openFile'] })
  return canceled ? undefined : filePaths[0]
}
