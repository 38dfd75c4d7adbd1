import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { startEngineProxy, type EngineProxy } from '../fixtures/engine-proxy.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp } from './drivers/launch-app.ts'

/** An edit that the engine refuses half way, whose undoing it refuses as well: in real Chromium, with a proxy before the engine that does the refusing. */
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let stage: Stage
let proxy: EngineProxy
let page: Page

beforeAll(async () => {
  ;[stage] = await Promise.all([setStage(), buildApp()])
  lifetime.use(stage)
  proxy = lifetime.use(await startEngineProxy(join(stage.folder, 'proxy.sock'), stage.engine.socket))
  const app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: proxy.socket }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 600_000)
afterAll(() => lifetime.disposeAsync())
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(`The page when it went wrong, at ${page.url()}:\n${await page.locator('body').innerText().catch(String)}`)
})

const docker = (...args: string[]) => stage.engine.ok(...args)
const picture = async () => [await docker('inspect', '-f', '{{.Id}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}} {{json .Config.Env}}', 'shop').catch(String), await docker('ps', '-a', '--format', '{{.Names}}')]

async function change(setting: string): Promise<void> {
  const id = await docker('inspect', '-f', '{{.Id}}', 'shop')
  await page.evaluate((next) => (location.hash = next), `/containers/${id}/overview`)
  await page.getByRole('heading', { name: /shop/ }).waitFor()
  await page.keyboard.press('e')
  await edit().getByLabel('Name', { exact: true }).waitFor()
  await edit().getByRole('button', { name: 'Add variable' }).click()
  await edit().getByPlaceholder('NAME').last().fill(setting)
  await edit().getByLabel('Value', { exact: true }).first().waitFor()
  await edit().getByPlaceholder('Value').nth((await edit().getByPlaceholder('NAME').count()) - 1).fill('yes')
  await edit().getByRole('button', { name: 'Review changes' }).click()
  await edit().getByRole('button', { name: 'Recreate' }).click()
}
const edit = () => page.getByRole('dialog', { name: 'Edit shop' })

test('what cannot be undone is told as that, the old one runs where it can, and all is put right once the engine allows it', async () => {
  const id = await docker('run', '-d', '--name', 'shop', '--restart', 'unless-stopped', '--stop-timeout', '0', '-v', 'data:/data', `${stage.web}:1.0`)
  const before = await picture()
  proxy.refuse((line) => line.startsWith('DELETE /containers/') || (line.endsWith('/start') && !line.includes(id)))
  await change('EXTRA')
  await edit().getByText('It could not be put back as it was', { exact: true }).waitFor()
  await edit().getByText('device or resource busy. And it could not').waitFor()
  await edit().getByText('Slipway tries again by itself').waitFor()
  expect(await edit().getByRole('listitem').filter({ hasText: 'Put everything back' }).innerText()).toContain('failed here')
  expect(await edit().getByText('is as it was before').count()).toBe(0)
  const [shop, names] = await picture()
  expect([shop, names!.split('\n').length]).toEqual([before[0], 2])
  proxy.refuse(() => false)
  await expect.poll(picture).toEqual(before)
  await edit().getByRole('button', { name: 'Close' }).last().click()
})

test('a sheet that is closed leaves the edit to the status line, in words', async () => {
  await change('MORE')
  await edit().getByRole('button', { name: 'Go on in the background' }).click()
  await page.getByText('Changing shop').first().waitFor()
  await expect.poll(() => docker('inspect', '-f', '{{json .Config.Env}}', 'shop').catch(String)).toContain('MORE=yes')
})
