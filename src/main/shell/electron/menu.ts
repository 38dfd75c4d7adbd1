import { app, Menu, type MenuItemConstructorOptions } from 'electron'
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
  const item = (label: string, command: AppCommand, accelerator?: string): MenuItemConstructorOptions => ({ label, accelerator, click: () => send(command) })
  const isMac = process.platform === 'darwin'
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: word.file,
      submenu: [
        item(word.run, 'dialog.run', 'CmdOrCtrl+N'),
        item(word.pull, 'dialog.pull', 'CmdOrCtrl+Shift+P'),
        { type: 'separator' },
        item(word.settings, 'navigate.settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: word.view,
      submenu: [
        item(word.containers, 'navigate.containers'),
        item(word.images, 'navigate.images'),
        item(word.volumes, 'navigate.volumes'),
        item(word.networks, 'navigate.networks'),
        item(word.logs, 'navigate.logs'),
        { type: 'separator' },
        item(word.palette, 'palette.open', 'CmdOrCtrl+K'),
        item(word.find, 'find', 'CmdOrCtrl+F'),
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
