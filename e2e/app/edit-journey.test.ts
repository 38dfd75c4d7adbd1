import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** Running, editing and mounting by pointing, in real Chromium on a real engine; what came of it is asked of the docker client. */
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let stage: Stage
let app: RunningApp
let page: Page

beforeAll(async () => {
  ;[stage] = await Promise.all([setStage(), buildApp()])
  lifetime.use(stage)
  app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: stage.engine.socket }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 600_000)
afterAll(() => lifetime.disposeAsync())
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(`The page when it went wrong, at ${page.url()}:\n${await page.locator('body').innerText().catch(String)}`)
})

const docker = (...args: string[]) => stage.engine.ok(...args)
const inspected = async (name: string, format: string) => (await docker('inspect', '-f', format, name)).trim()
const sheet = (name: string | RegExp) => page.getByRole('dialog', { name })
const go = (hash: string) => page.evaluate((next) => (location.hash = next), hash)

async function paste(field: Locator, text: string): Promise<void> {
  await field.evaluate((element, line) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', line)
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}
async function submitRun(): Promise<void> {
  await sheet('Run a container').getByRole('button', { name: /^(Pull and run|Run)$/ }).click()
  await page.waitForURL(/containers\/[0-9a-f]+\/logs/)
}

test('a pasted docker run line fills the form, and what runs is what the line says', async () => {
  const port = await freePort()
  await go('/containers?run')
  const run = sheet('Run a container')
  await paste(run.getByRole('combobox', { name: 'Image' }), `docker run -d --name web -p ${port}:8080 -e MODE=fast -v data:/data --label team=ours --stop-timeout 1 --restart on-failure:3 ${stage.web}:1.0`)
  await expect.poll(() => run.getByLabel('Name', { exact: true }).inputValue(), { timeout: patience }).toBe('web')
  expect(await run.getByLabel('Port on this machine').inputValue()).toBe(String(port))
  await submitRun()
  expect(await inspected('web', '{{.Config.StopTimeout}} {{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}} {{.Config.Labels.team}} {{(index .Mounts 0).Name}} {{.State.Status}}')).toBe('1 on-failure:3 ours data running')
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('web 1.0')
})

test('a line with a flag that does not exist is refused whole', async () => {
  await go('/containers?run')
  const run = sheet('Run a container')
  await paste(run.getByRole('combobox', { name: 'Image' }), 'docker run --nmae web nginx')
  await run.getByRole('alert').getByText('“--nmae” is not a flag').waitFor()
  expect(await run.getByLabel('Name', { exact: true }).inputValue()).toBe('')
  await run.getByRole('button', { name: 'Cancel' }).click()
})

test('a template sees to a volume and a port; a taken port is told, and the next free one taken', async () => {
  const taken = await inspected('web', '{{(index .NetworkSettings.Ports "8080/tcp" 0).HostPort}}')
  await go('/containers?run')
  const run = sheet('Run a container')
  await run.getByRole('button', { name: 'PostgreSQL' }).click()
  await run.getByText('Made up for you').waitFor()
  await run.getByRole('combobox', { name: 'Image' }).fill(stage.busybox)
  await run.getByLabel('Command', { exact: true }).fill('sleep 1000')
  await run.getByLabel('Port on this machine').fill(taken)
  await run.getByText('Taken by web.').waitFor()
  await run.getByRole('button', { name: /^Use \d+$/ }).click()
  await submitRun()
  expect(await inspected('postgres', '{{(index .Mounts 0).Name}} {{(index .Mounts 0).Destination}} {{.HostConfig.RestartPolicy.Name}}')).toBe('postgres-data /var/lib/postgresql/data unless-stopped')
  expect(await inspected('postgres', '{{.Config.Env}}')).toMatch(/POSTGRES_PASSWORD=[a-zA-Z2-9]{20}/)
  expect(Number(await inspected('postgres', '{{(index .NetworkSettings.Ports "5432/tcp" 0).HostPort}}'))).toBeGreaterThan(Number(taken))
  await docker('rm', '-f', 'postgres')
})

async function openEdit(name: string): Promise<Locator> {
  await go(`/containers/${await inspected(name, '{{.Id}}')}/overview`)
  await page.getByRole('heading', { name: new RegExp(name) }).waitFor()
  await page.keyboard.press('e')
  const edit = sheet(`Edit ${name}`)
  await edit.getByRole('button', { name: 'Review changes' }).waitFor()
  await edit.getByLabel('Name', { exact: true }).waitFor()
  return edit
}

test('the port changes while it runs, the environment by a recreate that keeps the data; the difference is shown first', async () => {
  await docker('exec', 'web', 'sh', '-c', 'echo kept > /data/file')
  const before = await inspected('web', '{{.Id}} {{.State.Pid}}')
  const port = await freePort()
  let edit = await openEdit('web')
  await edit.getByLabel('Port on this machine').fill(String(port))
  await edit.getByRole('button', { name: 'Review changes' }).click()
  await edit.getByText('All of it changes at once').waitFor()
  await edit.getByRole('button', { name: 'Apply' }).click()
  await edit.waitFor({ state: 'hidden' })
  expect(await inspected('web', '{{.Id}} {{.State.Pid}}')).toBe(before)
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('web 1.0')

  edit = await openEdit('web')
  await edit.getByRole('button', { name: 'Add variable' }).click()
  await edit.getByPlaceholder('NAME').last().fill('EXTRA')
  await edit.getByLabel('Value', { exact: true }).first().waitFor()
  await edit.getByPlaceholder('Value').nth((await edit.getByPlaceholder('NAME').count()) - 1).fill('yes')
  await edit.getByRole('button', { name: 'Review changes' }).click()
  await edit.getByText('EXTRA=yes').waitFor()
  expect((await inspected('web', '{{.Id}} {{.State.Pid}}'))).toBe(before)
  await edit.getByRole('button', { name: 'Recreate' }).click()
  await edit.waitFor({ state: 'hidden' })
  expect(await inspected('web', '{{.Id}}')).not.toBe(before.split(' ')[0])
  expect(await docker('exec', 'web', 'sh', '-c', 'echo $MODE $EXTRA; cat /data/file')).toBe('fast yes\nkept')
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('web 1.0')
  await page.getByRole('heading', { name: /web.*Running/ }).waitFor()
})

test.each([
  ['fails to start', async (edit: Locator) => edit.getByLabel('Command', { exact: true }).fill('sh -c "echo boom; exit 3"'), 'does not stay up'],
  ['is unhealthy', async (edit: Locator) => {
    await edit.getByLabel('How it is checked').click()
    await page.getByRole('option', { name: 'By a command' }).click()
    await edit.getByLabel('Command', { exact: true }).last().fill('exit 1')
    await edit.getByLabel('Every … s').fill('1')
    await edit.getByLabel('Tries', { exact: true }).fill('1')
  }, 'is not healthy'],
])('a new one that %s: the step is named, and everything is as before', async (_, change, said) => {
  const picture = async () => [await inspected('web', '{{.Id}} {{.Name}} {{.State.Status}} {{json .Config.Env}} {{json .HostConfig.PortBindings}}'), await docker('ps', '-aq')]
  const before = await picture()
  const edit = await openEdit('web')
  await change(edit)
  await edit.getByRole('button', { name: 'Review changes' }).click()
  await edit.getByRole('button', { name: 'Recreate' }).click()
  await edit.getByText('web is as it was before.').waitFor()
  await edit.getByText(said).waitFor()
  await edit.getByText('failed here').waitFor()
  expect(await picture()).toEqual(before)
  await edit.getByRole('button', { name: 'Close' }).last().click()
})

test('a file dropped on a row is copied in, where its place on the machine is not known', async () => {
  await go('/containers')
  const row = page.getByRole('row', { name: 'web' })
  await row.waitFor()
  await row.evaluate((element) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['from the page'], 'note.txt'))
    for (const type of ['dragenter', 'dragover', 'drop']) element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
  })
  await sheet('Mount in web').getByRole('button', { name: 'Copy into / instead' }).click()
  await expect.poll(() => docker('exec', 'web', 'cat', '/note.txt').catch(() => ''), { timeout: patience }).toBe('from the page')
})

test('a folder dropped on a row is mounted there, read-only, through the edit', async () => {
  const folder = join(stage.folder, 'pages')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'hello'), 'from the host')
  await go('/containers')
  const row = page.getByRole('row', { name: 'web' })
  await row.waitFor()
  await row.evaluate((element) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['x'], 'pages'))
    for (const type of ['dragenter', 'dragover', 'drop']) element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
  })
  const offer = sheet('Mount in web')
  await offer.getByText('A browser does not tell').waitFor()
  await offer.getByRole('button', { name: 'Choose a folder' }).click()
  const picker = sheet('Choose a folder')
  await picker.getByRole('combobox', { name: 'Path' }).fill(`${folder.slice(0, -2)}`)
  await picker.getByRole('option', { name: 'pages' }).waitFor()
  await page.keyboard.press('Tab')
  await expect.poll(() => picker.getByRole('combobox', { name: 'Path' }).inputValue(), { timeout: patience }).toBe(`${folder}/`)
  await picker.getByRole('button', { name: 'Choose', exact: true }).click()
  await offer.getByRole('checkbox', { name: /Read-only/ }).click()
  await offer.getByRole('button', { name: 'Review changes' }).click()
  const edit = sheet('Edit web')
  await edit.getByText(`${folder} → /mnt/pages (ro)`).waitFor()
  await edit.getByRole('button', { name: 'Recreate' }).click()
  await edit.waitFor({ state: 'hidden' })
  expect(await docker('exec', 'web', 'cat', '/mnt/pages/hello', '/data/file')).toBe('from the hostkept')
  expect(await inspected('web', '{{range .Mounts}}{{if eq .Destination "/mnt/pages"}}{{.Source}} {{.RW}}{{end}}{{end}}')).toBe(`${folder} false`)
})

test('an image pulled anew under the same name is told at Home, and the container moves to it', async () => {
  await docker('tag', stage.busybox, 'moves:1')
  await docker('run', '-d', '--name', 'mover', '--stop-timeout', '1', '-v', 'mover-data:/data', 'moves:1', 'sleep', '1000000')
  await docker('exec', 'mover', 'sh', '-c', 'echo kept > /data/file')
  await docker('tag', `${stage.web}:1.0`, 'moves:1')
  await go('/')
  await page.getByRole('listitem').filter({ hasText: 'mover' }).getByRole('button', { name: 'Update…' }).click()
  const edit = sheet('Edit mover')
  await edit.getByRole('button', { name: 'Recreate' }).click()
  await edit.waitFor({ state: 'hidden' })
  expect(await inspected('mover', '{{.Image}} {{.State.Status}}')).toBe(`${await inspected('moves:1', '{{.Id}}')} running`)
  expect(await docker('exec', 'mover', 'cat', '/data/file')).toBe('kept')
  await page.getByRole('button', { name: 'Update…' }).waitFor({ state: 'hidden' })
})
