import type { Browser, Page } from 'playwright-core'
import { openChromium } from '../app/drivers/chromium.ts'
import { serveLooks } from '../fixtures/looks-build.mjs'
import type { TraceEvent } from './trace.ts'

let served: ReturnType<typeof serveLooks> | undefined

export async function openFakePage(address: string): Promise<{ page: Page } & AsyncDisposable> {
  const { address: base } = await (served ??= serveLooks())
  const open = await openChromium({ width: 1280, height: 800, appearance: 'light', locale: 'en-US' } as Parameters<typeof openChromium>[0])
  await open.page.goto(`${base}?${address}`, { timeout: 120_000 })
  await open.page.getByRole('main').locator('[role=row], .vue-flow__node, .font-mono').nth(5).waitFor({ timeout: 120_000 })
  return open
}

export async function closeFakePage(): Promise<void> {
  await (await served)?.[Symbol.asyncDispose]()
  served = undefined
}

/** What Chromium noted while that went on. */
export async function traceOf(page: Page, work: () => Promise<unknown>): Promise<TraceEvent[]> {
  const browser = page.context().browser() as Browser
  await browser.startTracing(page, { categories: ['devtools.timeline', 'devtools.timeline.frame', '__metadata', 'disabled-by-default-devtools.timeline'] })
  await work()
  return (JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }).traceEvents
}
