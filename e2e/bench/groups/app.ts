import type { Page } from 'playwright-core'
import { launchApp, type RunningApp } from '../../app/drivers/launch-app.ts'
import { familyOf, memoryOf } from '../processes.ts'
import type { Bench, Group } from '../runner.ts'
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
