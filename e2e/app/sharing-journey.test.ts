import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { startFakeEngine } from '../../src/main/connections/testing/fake-engine.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { makeCertificates } from '../fixtures/certificates.ts'
import { run } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp } from './drivers/launch-app.ts'

/** Images shared with this machine and with others, in real Chromium on a real engine. What the page says to type is typed. */
const patience = 60_000
const PASSWORD = 'correct horse battery'
const lifetime = new AsyncDisposableStack()
let stage: Stage
let page: Page
let port: number

beforeAll(async () => {
  const [made] = await Promise.all([setStage(), buildApp()])
  stage = lifetime.use(made)
  port = await freePort()
  // Its name at the stage's registry has a port, which no repository can be called by.
  await stage.engine.ok('tag', stage.busybox, 'shared:1')
  page = lifetime.use(await launchApp({ shell: 'browser', engineSocket: stage.engine.socket })).page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(() => lifetime.disposeAsync())
afterEach(({ task }) => {
  if (task.result?.state === 'fail') return page.locator('body').innerText().then((text) => console.error(`The page when it went wrong, at ${page.url()}:\n${text}`))
})

const dialog = () => page.getByRole('dialog', { name: 'Share images' })
const state = async () => (await callRaw(stage.engine.socket, 'GET', '/slipway/registry')).json<{ On: boolean; Host: string; Push: boolean; Password: boolean; Tls?: { Certificate: string; Own: boolean } }>()

test('with this machine: shared by a click, and pulled by the command that is shown', async () => {
  await page.getByRole('link', { name: 'Images' }).click()
  await page.getByRole('button', { name: 'More actions' }).first().click()
  await page.getByRole('menuitem', { name: 'Share images…' }).click()
  await dialog().getByText('Not shared').waitFor()
  await dialog().getByLabel('Port', { exact: true }).fill(String(port))
  await dialog().getByRole('button', { name: 'Share', exact: true }).click()
  await dialog().getByText(`Shared with this machine, on port ${port}`).waitFor()
  expect(await state()).toMatchObject({ On: true, Host: '127.0.0.1', Push: false, Password: false })
  const command = await dialog().getByRole('button').filter({ hasText: 'docker pull' }).innerText()
  expect(command.trim()).toBe(`docker pull 127.0.0.1:${port}/shared:1`)
  await stage.engine.ok(...command.trim().split(' ').slice(1))
  expect(await stage.engine.ok('inspect', '-f', '{{.Id}}', `127.0.0.1:${port}/shared:1`)).toBe(await stage.engine.ok('inspect', '-f', '{{.Id}}', 'shared:1'))
})

test('with others: only with a password, by TLS, and who has the certificate pulls and pushes', async () => {
  await dialog().getByText('Other machines too').click()
  expect(await dialog().getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true)
  await dialog().getByLabel('Password', { exact: true }).fill('short')
  await dialog().getByRole('button', { name: 'Apply' }).click()
  await dialog().getByText('a password has 8 to 1024 characters').waitFor()
  expect((await state()).Host).toBe('127.0.0.1')
  await dialog().getByLabel('Password', { exact: true }).fill(PASSWORD)
  await dialog().getByRole('checkbox', { name: 'Who knows the password may push' }).click()
  await dialog().getByRole('button', { name: 'Apply' }).click()
  await dialog().getByText(`Shared with other machines, on port ${port}`).waitFor()
  const { Tls, ...rest } = await state()
  expect(rest).toMatchObject({ On: true, Host: '0.0.0.0', Push: true, Password: true })
  // What somebody copies there is the certificate that is shown here.
  await dialog().getByText('Trust this machine').click()
  expect(await dialog().getByRole('button').filter({ hasText: 'BEGIN CERTIFICATE' }).innerText()).toContain(Tls!.Certificate.trim())
  const folder = join(stage.folder, 'certificates')
  await mkdir(folder)
  await writeFile(join(folder, 'ca.crt'), Tls!.Certificate)
  const copied = await run('skopeo', ['--insecure-policy', 'copy', '-q', '--src-cert-dir', folder, '--dest-cert-dir', folder, '--src-creds', `slipway:${PASSWORD}`, '--dest-creds', `slipway:${PASSWORD}`, `docker://127.0.0.1:${port}/shared:1`, `docker://127.0.0.1:${port}/pushed:2`])
  expect([copied.code, copied.output]).toEqual([0, ''])
  // It is in the list behind the dialog without anybody asking.
  await page.getByTitle('pushed:2').first().waitFor({ state: 'attached' })
})

test('stopped, nobody is let in any more; the next time the dialog knows it all again', async () => {
  await dialog().getByRole('button', { name: 'Stop sharing' }).click()
  await dialog().getByText('Not shared').waitFor()
  await expect(fetch(`https://127.0.0.1:${port}/v2/`)).rejects.toThrow()
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'hidden' })
  await page.goto(`${new URL('/', page.url()).href}#/images?share`)
  await dialog().getByText('There is one, with the user name slipway.').waitFor()
  expect(await dialog().getByLabel('Port', { exact: true }).inputValue()).toBe(String(port))
})

test('on this machine the password can be taken away, and the certificate is the one that is given, or Slipway’s own again', async () => {
  const pems = makeCertificates(stage.folder, 'localhost')
  await dialog().locator('summary', { hasText: 'Certificate' }).click()
  await dialog().getByLabel('Certificate', { exact: true }).fill(pems.server)
  await dialog().getByLabel('Its key', { exact: true }).fill(pems.clientKey)
  await dialog().getByRole('button', { name: 'Share', exact: true }).click()
  await dialog().getByText('the key is not that of the certificate').waitFor()
  expect((await state()).On).toBe(false)
  await dialog().getByLabel('Its key', { exact: true }).fill(pems.serverKey)
  await dialog().getByText('This machine only').click()
  await dialog().getByRole('checkbox', { name: 'Take the password away' }).click()
  await dialog().getByRole('button', { name: 'Share', exact: true }).click()
  await dialog().getByText(`Shared with this machine, on port ${port}`).waitFor()
  expect(await state()).toMatchObject({ On: true, Host: '127.0.0.1', Push: false, Password: false, Tls: { Own: false, Certificate: await readFile(pems.server, 'utf8') } })
  const listed = await run('curl', ['-sS', '--cacert', pems.ca, `https://localhost:${port}/v2/`])
  expect([listed.code, listed.output]).toEqual([0, '{}'])
  await dialog().getByRole('checkbox', { name: 'Use one that Slipway makes instead' }).click()
  await dialog().getByRole('button', { name: 'Apply' }).click()
  await expect.poll(async () => (await state()).Tls, { timeout: patience }).toBeUndefined()
  await dialog().getByRole('button', { name: 'Stop sharing' }).click()
  await dialog().getByText('Not shared').waitFor()
})

test('what a plain Docker cannot is said where it would be, and nothing is offered that cannot work', async () => {
  await using docker = await startFakeEngine()
  await using app = await launchApp({ shell: 'browser', engineSocket: docker.socketPath })
  app.page.setDefaultTimeout(patience)
  await app.page.getByText('Engine ready').waitFor()
  const go = (address: string) => app.page.goto(`${new URL('/', app.page.url()).href}#${address}`)
  await go('/images?share')
  const asked = app.page.getByRole('dialog', { name: 'Share images' })
  await asked.getByText('Run a registry in a container of it, and push there.').waitFor()
  expect(await asked.getByRole('button').allInnerTexts()).toEqual(['Close'])
  await go('/engine')
  await app.page.getByText('it neither tells about its machine nor checks what it keeps').waitFor()
})
