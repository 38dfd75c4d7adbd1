import { chromium, type Page } from 'playwright-core'
import type { Launch } from './launch-app.ts'

/** Chromium's own sandbox cannot be had as root; what is tested is the app, not the browser. Without 3D the terminal draws in elements, which a test can read. */
const switches = ['--disable-gpu', '--disable-3d-apis', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--test-type', ...(process.geteuid?.() === 0 ? ['--no-sandbox'] : [])]

/** The machine's Chromium with one page. What goes wrong in it is printed with the test. */
export async function openChromium(launch: Launch): Promise<{ page: Page } & AsyncDisposable> {
  const browser = await chromium.launch({ executablePath: process.env['SLIPWAY_CHROMIUM'] ?? '/usr/bin/chromium', headless: true, args: switches })
  const context = await browser.newContext({ viewport: { width: launch.width, height: launch.height }, colorScheme: launch.appearance, locale: launch.locale })
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`page error: ${error.stack ?? error.message}`))
  page.on('console', (message) => message.type() === 'error' && console.error(`page console: ${message.text()}`))
  return { page, [Symbol.asyncDispose]: () => browser.close() }
}
