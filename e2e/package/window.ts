import { expect } from 'vitest'
import { chromium, type Page } from 'playwright-core'
import type { PackageRoot } from '../fixtures/package-root.ts'

/** The stand-in's window, driven from outside. */
export interface AppWindow {
  page: Page
  /** As a user closes it. Resolves when the app has ended; containers run on. */
  close(): Promise<void>
}

const patience = 60_000

/** Where Chromium listens for whoever drives it. */
export async function findWindow(root: PackageRoot, port: number): Promise<AppWindow> {
  const answers = () => fetch(`http://127.0.0.1:${port}/json/version`).then(({ ok }) => ok, () => false)
  await expect.poll(answers, { timeout: patience }).toBe(true)
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`)
  const [context] = browser.contexts()
  const page = context!.pages()[0] ?? (await context!.waitForEvent('page'))
  page.setDefaultTimeout(patience)
  return {
    page,
    async close() {
      const session = await browser.newBrowserCDPSession()
      await page.close()
      // Without a display (no Xvfb) Chromium outlives its last window.
      await session.send('Browser.close').catch(() => {})
      await expect.poll(() => root.running('out/main/[s]erve.js'), { timeout: patience }).toBe('')
      await browser.close().catch(() => {})
    },
  }
}
