import { createServer } from 'vite'
import { resolveConfig } from 'electron-vite'
import type { Browser, Page } from 'playwright-core'
import { openChromium } from '../../app/drivers/chromium.ts'
import { projectRoot } from '../../app/drivers/binaries.ts'
import { launchApp, type RunningApp } from '../../app/drivers/launch-app.ts'
import { familyOf, memoryOf } from '../processes.ts'
import type { Bench, Group } from '../runner.ts'
import { scriptingPerFrame, type TraceEvent } from '../trace.ts'
import { running, sleep, timed } from './verbs.ts'

/** The app, on our own engine. In the browser shell: its page is the same, and the browser can be measured everywhere. */
export const app: Group = {
  'cold start': async (bench) => {
    const ours = bench.subjects.slice(0, 1)
    await running(bench, bench.workload.busybox, ['--name', 'bench-shown'])
    await bench.measure('app: start until a container is shown, with its browser', { rounds: 5, only: ours }, () =>
      timed(async () => {
        await using open = await openApp(bench)
        await shown(open.page)
      }),
    )
  },
  memory: async (bench) => {
    const before = new Set(familyOf(process.pid))
    await using open = await openApp(bench)
    await open.page.getByRole('navigation').first().waitFor()
    await sleep(3000)
    const processes = familyOf(process.pid).filter((pid) => !before.has(pid))
    const only = bench.subjects.slice(0, 1)
    await bench.measure('app: its own process, RSS', { unit: 'MiB', rounds: 1, warmUp: 0, only }, async () => memoryOf([open.pid]).rssMiB)
    await bench.measure('app: all processes with those of Chromium, PSS', { unit: 'MiB', rounds: 1, warmUp: 0, only }, async () => memoryOf(processes).pssMiB)
  },
  churn: async (bench) => {
    const server = await servePage()
    bench.defer(async () => server.close())
    const open = await openChromium({ width: 1280, height: 800, appearance: 'light', locale: 'en-US' } as Parameters<typeof openChromium>[0])
    bench.defer(async () => open[Symbol.asyncDispose]())
    await open.page.goto(`${server.resolvedUrls!.local[0]!}?fake=many&containers=500&churn=10#/containers`)
    await open.page.getByRole('row').nth(5).waitFor()
    const only = bench.subjects.slice(0, 1)
    await bench.measure('app: scripting per frame, 500 containers changing ten times a second', { rounds: 3, only, budget: { value: 10 } }, async () => scriptingPerFrame(await trace(open.page, bench.quick ? 2000 : 5000)))
  },
  terminal: async (bench) => {
    const only = bench.subjects.slice(0, 1)
    const id = (await running(bench, bench.workload.busybox)).get(bench.subjects[0]!)!
    await using open = await openApp(bench)
    await open.page.goto(`${new URL('/', open.page.url()).href}#/containers/${id}/terminal`)
    const rows = open.page.locator('.xterm-rows')
    await rows.getByText('#').first().waitFor()
    await open.page.locator('.xterm-helper-textarea').focus()
    const type = (text: string) => open.page.keyboard.type(text)
    const mebibytes = bench.quick ? 1 : 20
    await bench.measure(`app: terminal, ${mebibytes} MiB of short lines`, { unit: 'MiB/s', better: 'more', rounds: 3, only }, async (_subject, round) => {
      const start = performance.now()
      await type(`yes | head -c ${mebibytes << 20}; echo en""d${round}\n`)
      await rows.getByText(`end${round}`).first().waitFor({ timeout: 300_000 })
      return (mebibytes * 1000) / (performance.now() - start)
    })
    await bench.measure('app: terminal, from Ctrl-C to the prompt in 100 MB of output', { rounds: 3, only }, async (_subject, round) => {
      await type('yes | head -c 100000000\n')
      await rows.getByText('y', { exact: true }).nth(5).waitFor()
      await sleep(1000)
      const start = performance.now()
      await open.page.keyboard.press('Control+c')
      await type(`echo stop""ped${round}\n`)
      await rows.getByText(`stopped${round}`).first().waitFor({ timeout: 120_000 })
      return performance.now() - start
    })
  },
}

const openApp = (bench: Bench): Promise<RunningApp> => launchApp({ shell: 'browser', engineSocket: bench.subjects[0]!.socket })

async function shown(page: Page) {
  await page.goto(`${new URL('/', page.url()).href}#/containers`)
  await page.getByText('bench-shown').first().waitFor()
}

/** The page with an engine inside it: the only one that changes as often as is asked. Not a production build, so Vue checks more than it does in one. */
async function servePage() {
  const { config } = await resolveConfig({ root: projectRoot }, 'serve', 'development')
  const server = await createServer({ ...config!.renderer, configFile: false, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } })
  return server.listen()
}

async function trace(page: Page, ms: number): Promise<TraceEvent[]> {
  const browser = page.context().browser() as Browser
  await browser.startTracing(page, { categories: ['devtools.timeline', 'devtools.timeline.frame', '__metadata', 'disabled-by-default-devtools.timeline'] })
  await sleep(ms)
  return (JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }).traceEvents
}
