import { readFile, rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { buildApp } from '../fixtures/app-build.ts'
import { run } from '../fixtures/engine.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** The list of containers and what is done from it, in real Chromium on a real engine; checked through the docker client. */
const patience = 60_000
let stage: Stage
let app: RunningApp
let page: Page
let folder: string
beforeAll(async () => {
  ;[stage] = await Promise.all([setStage(), buildApp()])
  folder = await mkdtemp(join(tmpdir(), 'slipway-containers-journey-'))
  app = await launchApp({ shell: 'browser', engineSocket: stage.engine.socket })
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await stage?.[Symbol.asyncDispose]()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const ok = (...args: string[]) => stage.engine.ok(...args)
const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const gone = (locator: Locator) => locator.first().waitFor({ state: 'hidden', timeout: patience })
const row = (name: string) => page.getByRole('row', { name, exact: true })
const state = (name: string) => ok('inspect', '-f', '{{.State.Status}}', name)
const until = (look: () => Promise<string>, wanted: string) => expect.poll(look, { timeout: patience }).toBe(wanted)
const idle = ['sh', '-c', 'trap "exit 9" TERM; trap "echo heard-usr1" USR1; while :; do sleep 0.1; done']
const project = (name: string, service: string) => ['--label', `com.docker.compose.project=${name}`, '--label', `com.docker.compose.service=${service}`]
const menu = async (name: string, deed: string) => {
  await row(name).click({ button: 'right' })
  await page.getByRole('menuitem', { name: deed }).click()
}

test('grouped by project, folded, stopped together; filtered by tokens that stand in the address; curves of what runs', { timeout: 300_000 }, async () => {
  await ok('run', '-d', '--name', 'shop-web', ...project('shop', 'web'), '--label', 'tier=front', stage.busybox, ...idle)
  await ok('run', '-d', '--name', 'shop-db', ...project('shop', 'db'), stage.busybox, ...idle)
  await ok('run', '-d', '--name', 'single', stage.busybox, ...idle)
  await go('/containers')
  await seen(row('shop'))
  await seen(page.getByText('2 of 2 running'))
  await expect.poll(() => row('single').innerText(), { timeout: patience }).toMatch(/\d(\.\d)?%/)
  await row('shop').click()
  await gone(row('shop-web'))
  // By keyboard: to the head, unfold, and to its menu.
  await page.getByRole('treegrid', { name: 'Containers' }).or(page.getByRole('grid', { name: 'Containers' })).focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  await seen(row('shop-web'))
  await page.keyboard.press('Shift+F10')
  await page.getByRole('menuitem', { name: 'Stop shop' }).click()
  await until(() => state('shop-web'), 'exited')
  await until(() => state('shop-db'), 'exited')
  expect(await state('single')).toBe('running')

  await page.keyboard.press('/')
  await page.keyboard.type('sta')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.type('exi')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await gone(row('single'))
  await seen(row('shop-db'))
  expect(decodeURIComponent(page.url())).toMatch(/q=state:exited/)
  await go('/containers?q=label:tier%3Dfront')
  await gone(row('shop-db'))
  await seen(row('shop-web'))
  await page.getByRole('button', { name: 'Clear filter' }).click()
  await seen(row('single'))
  // A container that is opened and closed leaves the list as it is, its own address shows all of it.
  await go('/containers?q=state:exited')
  await gone(row('single'))
  await row('shop-db').click()
  await seen(page.getByRole('tab', { name: 'Overview' }))
  await page.keyboard.press('Escape')
  await gone(page.getByRole('tab', { name: 'Overview' }))
  await gone(row('single'))
  await go('/containers?q=state:exited')
  await page.getByRole('link', { name: 'Containers' }).click()
  await seen(row('single'))
})

test('renamed, signalled, committed, exported, duplicated', { timeout: 300_000 }, async () => {
  await go('/containers')
  await menu('single', 'Rename…')
  await page.getByRole('dialog').getByLabel('Name').fill('alone')
  await page.keyboard.press('Enter')
  await seen(row('alone'))
  expect(await state('alone')).toBe('running')

  await menu('alone', 'Send a signal…')
  await page.getByRole('dialog').getByRole('combobox').click()
  await page.getByRole('option', { name: /SIGUSR1/ }).click()
  await page.getByRole('button', { name: 'Send signal' }).click()
  await until(() => ok('logs', 'alone'), 'heard-usr1')

  await ok('exec', 'alone', 'sh', '-c', 'echo kept > /kept')
  await menu('alone', 'Commit to an image…')
  await page.getByRole('dialog').getByLabel('Name of the image').fill('shots/alone:v1')
  await page.getByRole('button', { name: 'Make image' }).click()
  await seen(page.getByText('shots/alone:v1 was made'))
  expect(await ok('run', '--rm', '--entrypoint', 'cat', 'shots/alone:v1', '/kept')).toBe('kept')

  const target = join(folder, 'alone.tar')
  await menu('alone', 'Export its files…')
  const choosing = page.getByRole('dialog', { name: /Export/ })
  await choosing.getByRole('combobox').fill(target)
  await choosing.getByRole('button', { name: 'Save' }).click()
  await expect.poll(async () => (await run('tar', ['-xOf', target, 'kept'])).stdout, { timeout: patience }).toBe('kept\n')

  await menu('alone', 'Duplicate…')
  await page.getByRole('dialog').getByLabel('Name').fill('second')
  await page.getByRole('dialog').getByRole('button', { name: 'Duplicate' }).click()
  await page.waitForURL(/overview/)
  expect(await ok('inspect', '-f', '{{.State.Status}} {{json .Config.Cmd}}', 'second')).toBe(`created ${await ok('inspect', '-f', '{{json .Config.Cmd}}', 'alone')}`)
})

test('the line that a container is copied as makes the same container again', { timeout: 300_000 }, async () => {
  await ok('network', 'create', '--subnet', '10.213.7.0/24', 'net')
  const made = ['--name', 'told', '--hostname', 'box', '-e', 'A=it\'s $HOME', '-e', 'B=x y', '-l', 'k=v "w"', '-p', '127.0.0.1::8080', '-v', 'told-data:/data:ro', '--mount', 'type=tmpfs,target=/t,tmpfs-size=1048576', '--tmpfs', '/u:size=64k', '--network', 'net', '--ip', '10.213.7.9', '--network-alias', 'alias', '--restart', 'on-failure:3', '-m', '64m', '--cpus', '0.5', '--cap-add', 'NET_ADMIN', '--cap-drop', 'MKNOD', '--security-opt', 'no-new-privileges', '--ulimit', 'nofile=64:128', '--init', '-w', '/tmp', '-u', '0:0', '--add-host', 'other:10.0.0.1', '--sysctl', 'net.ipv4.ip_forward=1', '--health-cmd', 'true || exit 1', '--health-interval', '30s', '--stop-signal', 'SIGINT', '--stop-timeout', '3', '--entrypoint', 'sh', stage.busybox, '-c', 'sleep 1000; echo "$0" \'q\'']
  await ok('create', ...made)
  const id = await ok('inspect', '-f', '{{.Id}}', 'told')
  const original = await facts('told')
  await go(`/containers/${id}/overview?recipe=${id}`)
  const text = await page.getByRole('region', { name: 'docker run' }).innerText()
  await page.getByRole('dialog').getByText('Compose file').click()
  const compose = await page.getByRole('region', { name: 'Compose file' }).innerText()
  await page.getByRole('dialog').getByText('Kubernetes').click()
  const manifests = page.getByRole('region', { name: 'Kubernetes' })
  for (const line of ['kind: StatefulSet', 'mountPath: /data', 'memory: "67108864"', 'cpu: 500m', 'targetPort: tcp-8080']) await manifests.getByText(line).first().waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Change or save it…' }).click()
  const sheet = page.getByRole('dialog', { name: 'told for Kubernetes' })
  await sheet.getByText('kind: StatefulSet').waitFor()
  await sheet.getByRole('button', { name: 'Save as a file…' }).click()
  const saving = page.getByRole('dialog', { name: 'Save as a file…' })
  await saving.getByRole('combobox').fill(join(folder, 'told.yaml'))
  await saving.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => readFile(join(folder, 'told.yaml'), 'utf8').catch(() => ''), { timeout: patience }).toContain('kind: StatefulSet')
  await ok('rm', 'told')
  // In a shell, as one would paste it; made, not started, so that both are compared as they were made.
  const { code, output } = await run('sh', ['-c', text.replace(/^docker run -d/, `docker -H unix://${stage.engine.socket} create`)])
  expect(code, output).toBe(0)
  expect(await facts('told')).toEqual(original)

  if ((await run('docker', ['compose', 'version'])).code !== 0) return
  await ok('rm', 'told')
  const created = await run('docker', ['-H', `unix://${stage.engine.socket}`, 'compose', '-p', 'round', '-f', '-', 'create'], { input: compose })
  expect(created.code, created.output).toBe(0)
  // Compose names a network that is there by its id.
  const again = JSON.parse(JSON.stringify(await facts('told')).replaceAll(await ok('network', 'inspect', '-f', '{{.Id}}', 'net'), 'net')) as typeof original
  // Compose writes each mount and volume in its own way, and labels of its own; what is empty it leaves out.
  for (const each of [again, original]) for (const key of Object.keys(each)) if (['Binds', 'Mounts', 'Tmpfs', 'Labels', 'LogConfig'].includes(key) || each[key] === null || (Array.isArray(each[key]) && each[key].length === 0)) delete each[key]
  expect(again).toEqual(original)
})

/** What was asked for, without what an engine gives each container anew. */
async function facts(name: string): Promise<Record<string, unknown>> {
  const [found] = JSON.parse(await ok('inspect', name)) as [{ Id: string; Config: Record<string, unknown>; HostConfig: Record<string, unknown>; NetworkSettings: { Networks: Record<string, { IPAMConfig: unknown; Aliases: string[] | null }> } }]
  const networks = Object.entries(found.NetworkSettings.Networks).map(([network, { IPAMConfig, Aliases }]) => [network, (IPAMConfig as { IPv4Address?: string }).IPv4Address, (Aliases ?? []).includes('alias')])
  // The docker client (28.2) sends variables now and then in another order than they were given in, compose in any.
  return { ...found.Config, ...found.HostConfig, Env: (found.Config['Env'] as string[]).toSorted(), networks }
}

test('an export that cannot be written says so and leaves nothing', { timeout: 120_000 }, async () => {
  await go('/containers')
  await menu('alone', 'Export its files…')
  const choosing = page.getByRole('dialog', { name: /Export/ })
  await choosing.getByRole('combobox').fill('/proc/alone.tar')
  await choosing.getByRole('button', { name: 'Save' }).click()
  await seen(page.getByText('The files of alone were not exported'))
  await expect(readFile('/proc/alone.tar')).rejects.toThrow()
})
