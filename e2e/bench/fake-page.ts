import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from 'electron-vite'
import type { Browser, Page } from 'playwright-core'
import { build, preview } from 'vite'
import { projectRoot } from '../app/drivers/binaries.ts'
import { openChromium } from '../app/drivers/chromium.ts'
import type { TraceEvent } from './trace.ts'

let served: Promise<{ address: string; close: () => Promise<void> }> | undefined

/** The page as users get it, but with the engine that development puts into it. Built once for all that is measured. */
async function serve() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-page-'))
  const { config } = await resolveConfig({ root: projectRoot }, 'build', 'production')
  const renderer = { ...config!.renderer, configFile: false as const, logLevel: 'error' as const }
  await build({ ...renderer, define: { 'import.meta.env.DEV': 'true' }, build: { ...renderer.build, outDir: folder, emptyOutDir: false } })
  const server = await preview({ ...renderer, build: { outDir: folder }, preview: { host: '127.0.0.1', port: 0 } })
  return {
    address: server.resolvedUrls!.local[0]!,
    close: async () => {
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function openFakePage(address: string): Promise<{ page: Page } & AsyncDisposable> {
  const { address: base } = await (served ??= serve())
  const open = await openChromium({ width: 1280, height: 800, appearance: 'light', locale: 'en-US' } as Parameters<typeof openChromium>[0])
  await open.page.goto(`${base}?${address}`, { timeout: 120_000 })
  await open.page.getByRole('main').locator('[role=row], .vue-flow__node, .font-mono').nth(5).waitFor({ timeout: 120_000 })
  return open
}

export async function closeFakePage(): Promise<void> {
  await (await served)?.close()
  served = undefined
}

/** What Chromium noted while that went on. */
export async function traceOf(page: Page, work: () => Promise<unknown>): Promise<TraceEvent[]> {
  const browser = page.context().browser() as Browser
  await browser.startTracing(page, { categories: ['devtools.timeline', 'devtools.timeline.frame', '__metadata', 'disabled-by-default-devtools.timeline'] })
  await work()
  return (JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }).traceEvents
}
