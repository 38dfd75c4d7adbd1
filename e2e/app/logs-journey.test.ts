import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../fixtures/app-build.ts'
import { run } from '../fixtures/engine.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { desktopShell, launchApp, type RunningApp } from './drivers/launch-app.ts'

/** Logs of many, news of a crash, and compose, in the desktop shell on a real engine. */
const lifetime = new AsyncDisposableStack()
const patience = 60_000
const compose = (await run('docker', ['compose', 'version'])).code === 0
let stage: Stage
let app: RunningApp

beforeAll(async () => {
  ;[stage] = await Promise.all([setStage(), buildApp()])
  lifetime.use(stage)
  app = lifetime.use(await launchApp({ shell: desktopShell(), engineSocket: stage.engine.socket }))
}, 600_000)
afterAll(() => lifetime.disposeAsync())

const docker = (...words: string[]) => stage.engine.ok(...words)
const writer = (name: string, lines: string) => docker('run', '-d', '--name', name, stage.busybox, 'sh', '-c', `trap exit TERM; ${lines}; sleep 10000 & wait`)
const go = (path: string) => app.page.evaluate((to) => void (location.hash = to), path)

test('half a million lines of two containers in order of time; what was not in memory is found and fetched', { timeout: 300_000 }, async () => {
  const { page } = app
  await writer('alpha', 'echo needle-at-the-start; seq 1 250000 | sed "s/^/alpha /"')
  await writer('beta', 'seq 1 250000 | sed "s/^/beta /"; echo \'{"level":"error","msg":"no disk"}\'')
  await expect.poll(async () => (await docker('logs', '--tail', '1', 'beta')) + (await docker('logs', '--tail', '1', 'alpha')), { timeout: patience }).toContain('alpha 250000')
  await go('/logs?container=alpha&container=beta')
  const log = page.getByRole('log')
  await log.getByText('ERROR no disk').waitFor({ timeout: patience })
  expect(await log.locator('.font-mono').count()).toBeLessThan(200)

  await page.getByRole('textbox', { name: 'Find in logs' }).fill('^needle-at-the-\\w+$')
  await page.getByRole('button', { name: 'Regular expression' }).click()
  await page.getByRole('button', { name: 'Match before' }).click()
  await log.getByText('needle-at-the-start').waitFor({ timeout: 240_000 })

  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 120_000 }), page.getByRole('button', { name: 'Save to a file' }).click()])
  const saved = (await text(await download.createReadStream())).trimEnd().split('\n')
  expect(saved.length).toBe(500_002)
  expect(saved.filter((line) => line.startsWith('alpha')).map((line) => line.split(' | ')[1])).toEqual(['needle-at-the-start', ...Array.from({ length: 250_000 }, (_, index) => `alpha ${index + 1}`)])
})

test.runIf(desktopShell() === 'stand-in')('a crash is told on the desktop with its code and last words, and leads to its log; links fill in a form and run nothing', { timeout: 120_000 }, async () => {
  const desktop = app.desktop!
  await desktop.lookAway()
  await docker('run', '-d', '--name', 'faulty', stage.busybox, 'sh', '-c', 'sleep 0.5; echo no more disk; exit 7')
  const told = async () => (await desktop.records()).filter(([what]) => what === 'notification').map(([, options]) => options)
  await expect.poll(told, { timeout: patience }).toEqual([{ title: 'faulty crashed (exit code 7)', body: 'no more disk' }])
  await desktop.clickNotification()
  const id = await docker('inspect', '-f', '{{.Id}}', 'faulty')
  await expect.poll(() => app.page.url(), { timeout: patience }).toContain(`/containers/${id}/logs`)

  await desktop.clickTray(['alpha', 'Stop'])
  await expect.poll(() => docker('inspect', '-f', '{{.State.Status}}', 'alpha'), { timeout: patience }).toBe('exited')
  expect(await told()).toHaveLength(1)

  const before = await docker('ps', '-aq')
  await desktop.startAgain('/usr/bin/slipway', 'slipway://run?image=busybox')
  await app.page.getByRole('dialog').waitFor({ timeout: patience })
  expect(app.page.url()).toContain('run=busybox')
  expect(await docker('ps', '-aq')).toBe(before)
  await app.page.keyboard.press('Escape')
})

test.skipIf(!compose)('a compose file: checked at the line, up, scaled, compared with what runs, down', { timeout: 240_000 }, async () => {
  const { page } = app
  const folder = join(stage.folder, 'shop')
  await mkdir(folder)
  const service = `    image: ${stage.busybox}\n    command: sleep 10000\n    stop_signal: SIGKILL\n`
  await writeFile(join(folder, 'compose.yaml'), `services:\n  web:\n${service}    depends_on: [cache]\n  db:\n${service}`)
  await go(`/compose?file=${encodeURIComponent(folder)}`)
  await page.getByText('Line 6: web depends on cache, which is not there.').waitFor({ timeout: patience })
  await writeFile(join(folder, 'compose.yaml'), `services:\n  web:\n${service}    depends_on: [db]\n  db:\n${service}`)
  await go('/compose')
  await go(`/compose?file=${encodeURIComponent(folder)}&as=list`)
  await page.getByText('not made yet').first().waitFor({ timeout: patience })
  await page.getByRole('button', { name: 'Up', exact: true }).click()
  const running = async () => (await docker('ps', '--filter', 'label=com.docker.compose.project=shop', '--format', '{{.Names}}')).split('\n').filter(Boolean).sort()
  await expect.poll(running, { timeout: patience }).toEqual(['shop-db-1', 'shop-web-1'])
  await page.getByText('as in the file').first().waitFor({ timeout: patience })
  await page.getByRole('button', { name: 'One more of web' }).click()
  await expect.poll(running, { timeout: patience }).toEqual(['shop-db-1', 'shop-web-1', 'shop-web-2'])
  await page.getByRole('button', { name: 'Down', exact: true }).click({ timeout: patience })
  await page.getByRole('button', { name: 'Take down' }).click()
  await expect.poll(running, { timeout: patience }).toEqual([])
})
