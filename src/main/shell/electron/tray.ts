import { app, Menu, nativeImage, Tray, type MenuItemConstructorOptions } from 'electron'
import { join } from 'node:path'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { Application } from '../application.ts'
import { mainLanguage } from './language.ts'

const words = {
  en: { ready: 'Engine ready', starting: 'Engine starting…', failed: 'Engine not available', none: 'Nothing running', show: 'Open Slipway', run: 'Run container…', stop: 'Stop', logs: 'Logs', restart: 'Restart', engine: 'Restart the engine', more: 'More…', quit: 'Quit Slipway' },
  fr: { ready: 'Moteur prêt', starting: 'Démarrage du moteur…', failed: 'Moteur indisponible', none: 'Rien ne tourne', show: 'Ouvrir Slipway', run: 'Lancer un conteneur…', stop: 'Arrêter', logs: 'Journal', restart: 'Redémarrer', engine: 'Redémarrer le moteur', more: 'Plus…', quit: 'Quitter Slipway' },
}
/** Containers that a menu has room for. */
const most = 10
/** Milliseconds in which changes become one new menu. */
const settle = 300

export interface TrayActions {
  show(): void
  open(path: string): void
}

/** The engine's state and the commonest deeds, with or without a window. The menu is made anew when what it tells has changed. */
export function installTray(application: Application, projectRoot: string, { show, open }: TrayActions): void {
  const tray = new Tray(nativeImage.createFromPath(join(projectRoot, 'resources/tray.png')))
  tray.setToolTip('Slipway')
  tray.on('click', show)
  let timer: NodeJS.Timeout | undefined
  const rebuild = () => {
    timer = undefined
    tray.setContextMenu(Menu.buildFromTemplate(template(application, { show, open })))
  }
  application.onChange(() => (timer ??= setTimeout(rebuild, settle)))
  app.on('will-quit', () => {
    clearTimeout(timer)
    tray.destroy()
  })
  rebuild()
}

function template(application: Application, { show, open }: TrayActions): MenuItemConstructorOptions[] {
  const word = words[mainLanguage(application.settings.get())]
  const { status, containers } = application.overview()
  const running = containers.filter(({ state }) => state.status === 'running')
  const entry = ({ id, name }: ContainerSummary): MenuItemConstructorOptions => ({
    label: name,
    submenu: [
      { label: word.logs, click: () => open(`/containers/${id}/logs`) },
      { label: word.restart, click: () => void application.act('restart', id) },
      { label: word.stop, click: () => void application.act('stop', id) },
    ],
  })
  return [
    { label: status === 'ready' ? word.ready : status === 'failed' ? word.failed : word.starting, enabled: false },
    { type: 'separator' },
    ...(running.length === 0 ? [{ label: word.none, enabled: false }] : running.slice(0, most).map(entry)),
    ...(running.length > most ? [{ label: word.more, click: () => open('/containers') }] : []),
    { type: 'separator' },
    { label: word.show, click: show },
    { label: word.run, click: () => open('/containers?run=') },
    { label: word.engine, click: () => void application.restartEngine() },
    { type: 'separator' },
    { label: word.quit, click: () => app.quit() },
  ]
}
