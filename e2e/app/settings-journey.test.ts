import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { makeAppRoots, type AppRoots } from '../fixtures/app-roots.ts'
import { run } from '../fixtures/engine.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** Settings in real Chromium: what the page says is what the engine then does, seen through the docker client; shortcuts are what the user makes of them. */
const patience = 90_000
const lifetime = new AsyncDisposableStack()
let roots: AppRoots
let app: RunningApp
let page: Page
beforeAll(async () => {
  ;[roots] = await Promise.all([makeAppRoots(), buildApp()])
  lifetime.use(roots)
  app = lifetime.use(await launchApp({ shell: 'browser', dataRoot: roots.dataRoot, runRoot: roots.runRoot }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
  await importBox()
}, 900_000)
afterAll(() => lifetime.disposeAsync())

const ok = (...args: string[]) => roots.ok(...args)
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const gone = (locator: Locator) => locator.first().waitFor({ state: 'hidden', timeout: patience })
const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const kept = () => JSON.parse(readFileSync(join(app.home, 'settings.json'), 'utf8')) as Record<string, unknown>
async function write(label: string, value: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(value)
  await page.keyboard.press('Enter')
}

test('what the engine is started with: refused beside its field, told to wait for a restart, and in force after it', async () => {
  await go('/settings')
  await write('Default address pools', '10.0.0.0/8')
  await seen(page.getByText('An address pool is written base=10.64.0.0/12,size=24.'))
  expect(kept()).not.toHaveProperty('addressPools')

  await write('Default address pools', 'base=10.123.0.0/16,size=24')
  await write('Largest log file', '7m')
  await write('Log files kept', '3')
  await write('Proxy for registries', 'http://proxy.invalid:3128')
  await write('Without a proxy', 'registry.invalid')
  await write('Registries without a certificate check', 'old.invalid:5000; 10.9.0.0/16')
  await write('Address of a mirror', 'https://mirror.invalid')
  await page.getByLabel('Runtime', { exact: true }).click()
  await page.getByRole('option', { name: 'runc' }).click()
  await seen(page.getByText('The engine still runs with the settings before.'))
  expect(await ok('info', '-f', '{{.HTTPSProxy}}')).not.toContain('proxy.invalid')

  const before = await roots.enginePid()
  await page.getByRole('button', { name: 'Restart the engine' }).click()
  await expect.poll(() => roots.enginePid().catch(() => before), { timeout: patience }).not.toBe(before)
  await gone(page.getByText('The engine still runs with the settings before.'))
  await seen(page.getByText('Engine ready'))
  expect(await ok('info', '-f', '{{.DefaultRuntime}} {{.HTTPSProxy}} {{.NoProxy}} {{.RegistryConfig.Mirrors}}')).toBe('runc http://proxy.invalid:3128 registry.invalid [https://mirror.invalid]')
  expect(await ok('info', '-f', '{{json .RegistryConfig}}')).toMatch(/"old\.invalid:5000".*"Secure":false/)
  await ok('network', 'create', 'pooled')
  expect(await ok('network', 'inspect', '-f', '{{range .IPAM.Config}}{{.Subnet}}{{end}}', 'pooled')).toMatch(/^10\.123\.\d+\.0\/24$/)
  await ok('run', '-d', '--name', 'logged', 'box')
  expect(await ok('inspect', '-f', '{{json .HostConfig.LogConfig.Config}} {{.HostConfig.Runtime}} {{.State.Status}}', 'logged')).toMatch(/"max-file":"3".*"max-size":"7m".* (runc )?running/)
  await ok('rm', '-f', 'logged')
  await seen(page.getByText('https://mirror.invalid').first())
})

test('what a new container begins with', async () => {
  // Of this try only: one that failed left its own behind.
  const name = `usual-${Date.now()}`
  await go('/settings')
  await write('Memory', '64m')
  await write('Processors', '0.5')
  // Written is not yet told: a page that is opened now must know both.
  await expect.poll(kept, { timeout: 30_000 }).toMatchObject({ defaultMemory: '64m', defaultCpus: '0.5' })
  await go('/settings')
  await expect.poll(() => page.getByLabel('Processors', { exact: true }).inputValue(), { timeout: 30_000 }).toBe('0.5')
  await go('/containers?run=box')
  const sheet = page.getByRole('dialog', { name: 'Run a container' })
  await sheet.getByLabel('Name', { exact: true }).fill(name)
  await sheet.getByRole('button', { name: 'Run', exact: true }).click()
  await page.waitForURL(/containers\/[0-9a-f]+\/logs/)
  expect(await ok('inspect', '-f', '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}', name)).toBe('67108864 500000000')
  await ok('rm', '-f', name)
})

test('a shortcut is given other keys, those of another are refused, and everything follows', async () => {
  await go('/settings')
  const palette = page.getByRole('dialog', { name: 'Go to or do' })
  const change = (name: string) => page.getByRole('button', { name: `Other keys for “${name}”` })
  await change('Go to or do anything').focus()
  await page.keyboard.press('Enter')
  await seen(page.getByText('Press the keys…'))
  await page.keyboard.press('Control+f')
  await seen(page.getByText('“Find on this page” already.'))
  expect(kept()).not.toHaveProperty('shortcuts')
  await change('Go to or do anything').press('Enter')
  await page.keyboard.press('Control+j')
  await expect.poll(() => change('Go to or do anything').innerText()).toMatch(/Ctrl\s*J/)
  expect(kept()).toMatchObject({ shortcuts: { palette: 'mod+j' } })

  await page.keyboard.press('Control+k')
  await page.keyboard.press('Control+j')
  await seen(palette)
  await page.keyboard.press('Escape')
  await gone(palette)
  // Another window, and another start, know it too.
  await page.reload()
  await seen(page.getByText('Engine ready'))
  await page.keyboard.press('Control+j')
  await seen(palette)
  await page.keyboard.press('Escape')
  await gone(palette)

  await page.getByRole('button', { name: 'Reset all' }).click()
  await expect.poll(() => change('Go to or do anything').innerText()).toMatch(/Ctrl\s*K/)
  await page.keyboard.press('Control+k')
  await seen(palette)
  await page.keyboard.press('Escape')
  await gone(palette)
})

async function importBox(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-settings-journey-'))
  try {
    mkdirSync(join(folder, 'bin'))
    await run('cp', ['/usr/bin/busybox', join(folder, 'bin/busybox')])
    const archive = join(folder, 'box.tar')
    expect((await run('tar', ['-C', folder, '-cf', archive, 'bin'])).code).toBe(0)
    await ok('import', '-c', 'CMD ["/bin/busybox","sleep","100000"]', archive, 'box')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('what is being typed stays when another setting changes elsewhere', async () => {
  await go('/settings')
  const typed = page.getByLabel('Registries without a certificate check', { exact: true })
  const now = (kept()['insecureRegistries'] ?? []) as string[]
  await expect.poll(() => typed.inputValue(), { timeout: patience }).toBe(now.join('; '))
  await seen(page.getByText('Engine ready'))
  await typed.fill('half.inv')
  const other = await page.context().newPage()
  await other.goto(page.url())
  await other.getByLabel('Without a proxy', { exact: true }).fill('elsewhere.invalid')
  await other.keyboard.press('Enter')
  await expect.poll(() => page.getByLabel('Without a proxy', { exact: true }).inputValue(), { timeout: patience }).toBe('elsewhere.invalid')
  expect(await typed.inputValue()).toBe('half.inv')
  await other.close()
})
