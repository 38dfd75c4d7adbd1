import { app, clipboard, dialog, nativeImage, type BrowserWindow } from 'electron'
import { join } from 'node:path'
import type { PathChoice } from '#shared/contract/app.ts'
import type { Desktop } from '../application.ts'
import { describePath, listFolder } from '../host-folders.ts'
import { licences } from '../licences.ts'
import { findProjectRoot } from '../project-root.ts'
import type { Updates } from '../updates/updates.ts'
import { notify } from './notifications.ts'
import { openOutside } from './security.ts'

/** What the desktop does for one window. */
export function electronDesktop(window: BrowserWindow, updates: Updates, open: (path: string) => void): Desktop {
  return {
    updates,
    app: {
      facts: async () => ({ version: app.getVersion(), shell: 'electron', platform: process.platform, abilities: { choosePath: true, openExternal: true, copyText: true } }),
      licences,
      openExternal: ({ url }) => openOutside(url),
      async copyText({ text }) {
        clipboard.writeText(text)
      },
      notify: async ({ path, ...text }) => notify(text, () => open(path)),
      choosePath: (choice) => choosePath(window, choice),
      startDrag: async ({ paths }) => startDrag(window, paths),
      listFolder,
      describePath,
    },
  }
}

/** The picture under the pointer is the app's own: what a file manager would show of the file is not known here. */
function startDrag(window: BrowserWindow, files: string[]): void {
  const [file] = files
  if (file !== undefined) window.webContents.startDrag({ file, files, icon: nativeImage.createFromPath(join(findProjectRoot(import.meta.dirname), 'resources/tray.png')) })
}

async function choosePath(window: BrowserWindow, { kind, title, filters, suggested: defaultPath }: PathChoice): Promise<string | undefined> {
  if (kind === 'save') {
    const { canceled, filePath } = await dialog.showSaveDialog(window, { title, filters, defaultPath, properties: ['createDirectory', 'showOverwriteConfirmation'] })
    return canceled || !filePath ? undefined : filePath
  }
  const { canceled, filePaths } = await dialog.showOpenDialog(window, { title, filters, defaultPath, properties: kind === 'folder' ? ['openDirectory', 'createDirectory'] : ['openFile'] })
  return canceled ? undefined : filePaths[0]
}
