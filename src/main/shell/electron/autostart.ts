import { app } from 'electron'
import { mkdir, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '#base/atomic-file.ts'
import type { SettingsStore } from '../settings-store.ts'

/** Starts the app with the user's session, or no longer. On Linux by a desktop entry: https://specifications.freedesktop.org/autostart-spec/latest/ */
export function keepAutostart(settings: SettingsStore): void {
  let last = settings.get().openAtLogin
  settings.onChange(({ openAtLogin }) => {
    if (openAtLogin === last) return
    last = openAtLogin
    void setAutostart(openAtLogin).catch((error: unknown) => console.error('starting with the session could not be set:', error))
  })
}

async function setAutostart(wanted: boolean): Promise<void> {
  if (process.platform !== 'linux') return app.setLoginItemSettings({ openAtLogin: wanted })
  const path = join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'autostart', 'slipway.desktop')
  if (!wanted) return rm(path, { force: true })
  await mkdir(dirname(path), { recursive: true })
  const command = [process.execPath, ...(app.isPackaged ? [] : [app.getAppPath()])].map(quote).join(' ')
  await writeFileAtomic(path, `[Desktop Entry]\nType=Application\nName=Slipway\nExec=${command}\nTerminal=false\nX-GNOME-Autostart-enabled=true\n`, 0o644)
}

/** As the value of Exec wants it: https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html */
const quote = (word: string) => `"${word.replaceAll(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`
