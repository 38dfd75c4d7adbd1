import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { closeFakePage, openFakePage } from '../bench/fake-page.ts'

/** Rows of a log while it is scrolled, on the page with an engine inside it. */
afterAll(closeFakePage)

const openLog = () => openFakePage('fake=some&lines=3000&every=0#/logs?running')
const row = '[role=log] .font-mono'
/** Further up than what was in the document, and what is there now. */
async function scrollUp({ page }: { page: Page }, pixels: number) {
  const top = () => page.getByRole('log').evaluate((log) => log.scrollTop)
  const before = await top()
  await page.getByRole('log').evaluate((log, by) => log.scrollBy(0, -by), pixels)
  await expect.poll(() => page.locator(row).first().evaluate((first) => new DOMMatrix(getComputedStyle(first).transform).f)).toBeLessThanOrEqual(before - pixels)
}

test('the elements of rows are filled anew as it is scrolled, and stand in the order in which they are read', async () => {
  await using open = await openLog()
  await open.page.locator(row).evaluateAll((rows) => rows.forEach((each) => each.setAttribute('data-was-there', '')))
  for (const pixels of [2000, 90, 700]) await scrollUp(open, pixels)
  const rows = await open.page.locator(row).evaluateAll((all) => all.map((each) => ({ top: each.getBoundingClientRect().top, isFilled: each.hasAttribute('data-was-there') })))
  expect(rows.map(({ top }) => top)).toEqual(rows.map((_, at) => rows[0]!.top + at * 18))
  expect(rows.filter(({ isFilled }) => isFilled).length).toBeGreaterThan(rows.length / 2)
})

test('what is selected goes with its lines: no others are selected in their place', async () => {
  await using open = await openLog()
  const selected = () => open.page.evaluate(() => String(getSelection()))
  await open.page.locator(row).evaluateAll((rows) => getSelection()!.setBaseAndExtent(rows.at(-8)!, 0, rows.at(-3)!, 1))
  expect((await selected()).split('\n').length).toBeGreaterThan(3)
  await scrollUp(open, 4000)
  expect(await selected()).toBe('')
})
