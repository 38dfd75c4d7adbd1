import { startAppProcess } from './app-process.ts'
import { openChromium } from './chromium.ts'
import type { DriverResult, Launch } from './launch-app.ts'

/** The browser shell: serves on loopback, opened by the address it prints. */
export async function launchBrowserShell(launch: Launch): Promise<DriverResult> {
  await using undo = new AsyncDisposableStack()
  const app = undo.use(startAppProcess(launch, ['out/main/serve.js'], ['ignore', 'pipe', 'pipe']))
  const address = await app.printed(/http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/)
  const { page } = undo.use(await openChromium(launch))
  await page.goto(address)
  await page.waitForURL(/\/(#.*)?$/)
  const lifetime = undo.move()
  return { page, pid: app.child.pid ?? 0, desktop: undefined, closeWindow: () => page.close(), [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}
