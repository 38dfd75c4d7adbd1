import type { Page } from 'playwright-core'
import { openFakePage, traceOf } from '../fake-page.ts'
import type { Bench, Group } from '../runner.ts'
import { scriptingPerFrame } from '../trace.ts'
import { sleep } from './verbs.ts'

/**
 * How much script the page runs for each frame it makes, by Chromium's own trace. The page is built as for users, but with an engine inside it:
 * the only one that changes as often as is asked. What that engine costs counts too. Budgets are milliseconds in a frame.
 */
export const page: Group = {
  'table under churn': (bench) => watched(bench, '500 containers changing state ten times a second', 'fake=many&containers=500&churn=10#/containers', async () => undefined),
  'table scrolled': (bench) => {
    // Two rounds reach the table's end, beyond which there is nothing to measure.
    let by = -400
    return watched(bench, 'a table of 1,000 containers, scrolled', 'fake=many&containers=1000#/containers', (open) => wheel(open, (by = -by)))
  },
  'canvas under churn': (bench) => watched(bench, 'the canvas with 200 containers, changing ten times a second', 'fake=many&containers=200&churn=10#/networks', async () => undefined),
  'canvas moved': (bench) => watched(bench, 'the canvas with 200 containers, moved', 'fake=many&containers=200#/networks', (open, ms) => drag(open, ms)),
  'canvas pointed at': (bench) => watched(bench, 'the canvas with 200 containers, the pointer going over it', 'fake=many&containers=200#/networks', (open, ms) => sweep(open, ms)),
  'half a million lines': (bench) => watched(bench, 'half a million log lines, scrolled', 'fake=some&lines=500000&every=0#/logs?running', (open) => wheel(open, -2000)),
  'lines arriving': (bench) => watched(bench, 'half a million log lines, 200 more a second', 'fake=some&lines=500000&every=5#/logs?running', async () => undefined),
}

async function watched(bench: Bench, what: string, address: string, act: (page: Page, ms: number) => Promise<void>) {
  await using open = await openFakePage(address)
  const only = bench.subjects.slice(0, 1)
  const rounds: { mean: number; p95: number }[] = []
  const ms = bench.quick ? 2000 : 5000
  await bench.measure(`page: ${what}, mean`, { rounds: 3, only, budget: { value: 10 } }, async () => {
    const events = await traceOf(open.page, () => Promise.all([act(open.page, ms), sleep(ms)]))
    rounds.push(scriptingPerFrame(events))
    return rounds.at(-1)!.mean
  })
  // The first was the warm-up.
  let at = 0
  await bench.measure(`page: ${what}, 95 of 100 frames`, { rounds: 3, warmUp: 0, only, budget: { value: 10 } }, async () => rounds[++at]!.p95)
}

async function wheel(open: Page, by: number) {
  await open.mouse.move(700, 400)
  for (let turn = 0; turn < 40; turn++) {
    await open.mouse.wheel(0, by)
    await sleep(30)
  }
}

async function drag(open: Page, ms: number) {
  const end = performance.now() + ms
  await open.mouse.move(640, 740)
  await open.mouse.down()
  for (let turn = 0; performance.now() < end; turn++) await open.mouse.move(640 + Math.sin(turn / 6) * 200, 640 + Math.cos(turn / 6) * 100)
  await open.mouse.up()
}

async function sweep(open: Page, ms: number) {
  const end = performance.now() + ms
  for (let turn = 0; performance.now() < end; turn++) await open.mouse.move(300 + ((turn * 13) % 900), 120 + ((turn * 7) % 600))
}
