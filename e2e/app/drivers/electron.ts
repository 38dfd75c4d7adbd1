import { once } from 'node:events'
import { _electron } from 'playwright-core'
import { electronBinary } from './binaries.ts'
import type { DriverResult, Launch } from './launch-app.ts'

/** The real thing, where its binary is. Dialogs and menus are the desktop's own; a test reaches them through `evaluate`. */
export async function launchElectron(launch: Launch): Promise<DriverResult> {
  const executablePath = electronBinary()
  if (!executablePath) throw new Error("Electron's binary is not here; drive the stand-in instead.")
  const args = [launch.root, ...(process.geteuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-3d-apis', `--user-data-dir=${launch.home}/profile`, ...launch.args]
  const app = await _electron.launch({ executablePath, args, locale: launch.locale, colorScheme: launch.appearance, env: { ...(process.env as Record<string, string>), ...launch.environment } })
  const page = await app.firstWindow()
  const child = app.process()
  return {
    page,
    pid: child.pid ?? 0,
    desktop: undefined,
    async closeWindow() {
      const ended = once(child, 'exit')
      await page.close()
      await ended
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}
