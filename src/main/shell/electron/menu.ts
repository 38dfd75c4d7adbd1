import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import { keysOfCommand, type CommandName } from '#shared/contract/shortcuts.ts'
import type { AppCommand } from '#shared/contract/events.ts'
import type { SettingsStore } from '../settings-store.ts'
import { mainLanguage } from './language.ts'

const words = {
  en: { file: 'File', run: 'Run container…', pull: 'Pull image…', settings: 'Settings', view: 'View', containers: 'Containers', images: 'Images', volumes: 'Volumes', networks: 'Networks', logs: 'Logs', palette: 'Command palette', find: 'Find' },
  fr: { file: 'Fichier', run: 'Lancer un conteneur…', pull: 'Télécharger une image…', settings: 'Réglages', view: 'Affichage', containers: 'Conteneurs', images: 'Images', volumes: 'Volumes', networks: 'Réseaux', logs: 'Journaux', palette: 'Palette de commandes', find: 'Rechercher' },
}

/** The native menu. What is Slipway's own is sent to the page, which alone knows how to do it. */
export function installMenu(settings: SettingsStore, send: (command: AppCommand) => void): void {
  const word = words[mainLanguage(settings.get())]
  const item = (label: string, command: AppCommand, keys?: CommandName): MenuItemConstructorOptions => ({ label, ...(keys && { accelerator: acceleratorOf(keysOfCommand(keys, settings.get().shortcuts)) }), click: () => send(command) })
  const isMac = process.platform === 'darwin'
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: word.file,
      submenu: [
        item(word.run, 'dialog.run', 'run'),
        item(word.pull, 'dialog.pull', 'pull'),
        { type: 'separator' },
        item(word.settings, 'navigate.settings', 'settings'),
        { type: 'separator' },
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: word.view,
      submenu: [
        item(word.containers, 'navigate.containers', 'containers'),
        item(word.images, 'navigate.images', 'images'),
        item(word.volumes, 'navigate.volumes', 'volumes'),
        item(word.networks, 'navigate.networks', 'networks'),
        item(word.logs, 'navigate.logs', 'logs'),
        { type: 'separator' },
        item(word.palette, 'palette.open', 'palette'),
        item(word.find, 'find', 'find'),
        { type: 'separator' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

/** `mod+shift+p` as Electron writes it. https://www.electronjs.org/docs/latest/api/accelerator */
const acceleratorOf = (keys: string): string => keys.split('+').map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part[0]?.toUpperCase() + part.slice(1))).join('+')
const names: Record<string, string> = { mod: 'CmdOrCtrl' }
