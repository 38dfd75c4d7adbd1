import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test as always } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { settleAll } from '../../src/main/base/settle-all.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { makeCertificates, type Certificates } from '../fixtures/certificates.ts'
import { startTestEngine, type TestEngine } from '../fixtures/engine.ts'
import { freePort } from '../fixtures/registry.ts'
import { hasSshServer, makeKey, startSshAgent, startSshServer, type SshServer } from '../fixtures/ssh-server.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/**
 * Connections in real Chromium: a second engine reached by SSH through Debian's own sshd (a key with a passphrase, a jump host that takes the agent's
 * key, host keys judged, changed and refused), by TLS with certificates made here, and by a docker context; what is copied to it arrives whole.
 */
const test = always.skipIf(!hasSshServer)
if (!hasSshServer) console.log('Connections are not driven: that takes an sshd (openssh-server), which is installed where CI is set only.')
const patience = 60_000
const phrase = 'correct horse'
let stage: Stage
let peer: TestEngine
let app: RunningApp
let page: Page
let host: SshServer
let gate: SshServer
let home: string
let pems: Certificates
let tlsPort: number
const parts = new AsyncDisposableStack()

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'slipway-connections-'))
  parts.defer(() => rm(home, { recursive: true, force: true }))
  pems = makeCertificates(home, 'lab.example.org')
  tlsPort = await freePort()
  const tls = ['--tcp', `127.0.0.1:${tlsPort}`, '--tls-ca', pems.ca, '--tls-cert', pems.server, '--tls-key', pems.serverKey]
  const keep = async <Part extends AsyncDisposable>(making: Promise<Part>): Promise<Part> => parts.use(await making)
  ;[stage, peer] = await settleAll([keep(setStage()), keep(startTestEngine({ extraArguments: tls })), buildApp()])
  await mkdir(join(home, '.ssh'), { mode: 0o700 })
  const key = join(home, '.ssh/lab')
  const agentKey = join(home, 'agent-key')
  const authorized = await makeKey(key, phrase)
  const ofAgent = await makeKey(agentKey)
  const environment = { DOCKER_HOST: `unix://${peer.socket}` }
  ;[host, gate] = await Promise.all([startSshServer({ authorized, environment }), startSshServer({ authorized: ofAgent })])
  parts.use(host)
  parts.use(gate)
  parts.use(await startSshAgent(join(home, 'agent'), agentKey))
  await writeFile(join(home, '.ssh/config'), `Host lab\n  HostName 127.0.0.1\n  Port ${host.port}\n  User ${host.user}\n  IdentityFile ~/.ssh/lab\n`)
  await keepContext('staging', `tcp://127.0.0.1:${tlsPort}`)
  app = parts.use(await launchApp({ shell: 'browser', engineSocket: stage.engine.socket, environment: { HOME: home, DOCKER_CONFIG: join(home, '.docker'), XDG_RUNTIME_DIR: home, SSH_AUTH_SOCK: join(home, 'agent') } }))
  page = app.page
  page.setDefaultTimeout(patience)
  await page.getByText('Engine ready').waitFor()
}, 900_000)
afterAll(() => parts.disposeAsync(), 300_000)
afterEach(({ task }) => {
  if (task.result?.state === 'fail') return page.locator('body').innerText().then((text) => console.error(`The page when it went wrong, at ${page.url()}:\n${text}`))
})

/** As `docker context create` leaves it. */
async function keepContext(name: string, address: string): Promise<void> {
  const folder = createHash('sha256').update(name).digest('hex')
  const [meta, tls] = [join(home, '.docker/contexts/meta', folder), join(home, '.docker/contexts/tls', folder, 'docker')]
  await Promise.all([mkdir(meta, { recursive: true }), mkdir(tls, { recursive: true })])
  await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host: address, SkipTLSVerify: false } } }))
  await Promise.all(([['ca', pems.ca], ['cert', pems.client], ['key', pems.clientKey]] as const).map(async ([file, from]) => writeFile(join(tls, `${file}.pem`), await readFile(from))))
}

const go = (address: string) => page.goto(`${new URL('/', page.url()).href}#${address}`)
const sheet = () => page.getByRole('dialog')
const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const press = (name: string) => sheet().getByRole('button', { name, exact: true }).click()
const connection = (name: string) => page.getByRole('list', { name: 'Connections' }).getByRole('button').filter({ has: page.getByText(name, { exact: true }) })
const connected = (name: string) => seen(connection(name).getByText(/^Slipway \d/))
const row = (name: string) => page.getByRole('row', { name, exact: true })
const status = () => page.getByRole('contentinfo', { name: 'Status' })
/** The window's engine in the status line, whoever cannot be reached besides. */
const switcher = (name: string) => status().getByRole('button', { name: new RegExp(`^${name}\\b.*show another engine`) })
async function choose(menu: Locator, line: string): Promise<void> {
  await menu.click()
  await page.getByRole('menuitem', { name: line }).click()
}

test('a host of ~/.ssh/config is offered; its key is shown as ssh-keygen says it, and it is said where the passphrase is kept', async () => {
  await go('/connections')
  await page.getByRole('button', { name: 'Connect to lab' }).click()
  await seen(sheet().getByText('kept in a file that only your user can read'))
  await press('Connect')
  await seen(sheet().getByText('is protected by a passphrase'))
  await sheet().getByLabel('Passphrase of the key').fill(phrase)
  await sheet().getByRole('radio', { name: 'Colour 4' }).click()
  await press('Connect')
  await seen(sheet().getByText(`127.0.0.1:${host.port} has not been seen before`))
  await seen(sheet().getByText(await host.fingerprint()))
  await press('Accept this key')
  await sheet().waitFor({ state: 'hidden' })
  await connected('lab')
})

test('the window shows the other engine: what is on it, what is made on it, in its colour', async () => {
  await peer.ok('volume', 'create', 'from-outside')
  await connection('lab').click()
  await seen(switcher('lab'))
  await page.getByRole('link', { name: 'Volumes' }).click()
  await seen(row('from-outside'))
  await peer.ok('volume', 'create', 'while-looking')
  await seen(row('while-looking'))
  await page.getByRole('button', { name: 'Create a volume' }).first().click()
  await sheet().getByLabel('Name').fill('made-over-ssh')
  await press('Create')
  await sheet().waitFor({ state: 'hidden' })
  expect(await peer.ok('volume', 'ls', '-q')).toContain('made-over-ssh')
  expect(await stage.engine.ok('volume', 'ls', '-q')).not.toContain('made-over-ssh')
})

test('all engines in one list: each object says where it lives, a choice narrows it, and what is done is done there', async () => {
  await stage.engine.ok('volume', 'create', 'from-here')
  await choose(switcher('lab'), 'All engines')
  await page.getByRole('group', { name: 'What is listed' }).getByText('Volumes', { exact: true }).click()
  await seen(row('from-here on Slipway'))
  await seen(row('from-outside on lab'))
  await peer.ok('volume', 'create', 'told-at-once')
  await seen(row('told-at-once on lab'))
  await page.getByRole('combobox', { name: 'Only of this engine' }).click()
  await page.getByRole('option', { name: 'lab' }).click()
  await row('from-here on Slipway').waitFor({ state: 'hidden' })
  await page.getByRole('combobox', { name: 'Only of this engine' }).click()
  await page.getByRole('option', { name: 'Every engine' }).click()

  // Of two engines at once, by keyboard: each is asked for its own.
  await page.getByRole('textbox', { name: 'Filter by name, engine' }).fill('from-')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await seen(sheet().getByText('from-outside on lab'))
  await press('Remove 2 volumes and their files')
  await row('from-outside on lab').waitFor({ state: 'hidden' })
  await row('from-here on Slipway').waitFor({ state: 'hidden' })
  expect(await peer.ok('volume', 'ls', '-q')).not.toContain('from-outside')
  expect(await stage.engine.ok('volume', 'ls', '-q')).not.toContain('from-here')
  await peer.ok('volume', 'create', 'from-outside')

  // Opened, the window shows its engine.
  await page.getByRole('textbox', { name: 'Filter by name, engine' }).fill('told')
  await row('told-at-once on lab').click()
  await page.waitForURL(/#\/volumes\/told-at-once/)
  await seen(switcher('lab'))
})

test('an image is copied by its menu, another by hand: layers that are there are not sent', async () => {
  await choose(switcher('lab'), 'Slipway')
  await go('/images')
  const busybox = stage.busybox
  await row(busybox).click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Copy to another engine…' }).click()
  await press('Copy')
  await seen(page.getByText(`${busybox} is on lab`))
  const inspect = (engine: TestEngine, name: string) => engine.ok('image', 'inspect', '-f', '{{.Id}} {{.RootFS.Layers}}', name)
  expect(await inspect(peer, busybox)).toBe(await inspect(stage.engine, busybox))

  await stage.engine.ok('pull', '-q', `${stage.web}:1.1`)
  await row(`${stage.web}:1.0`).hover()
  await page.mouse.down()
  await page.mouse.move(500, 500, { steps: 4 })
  const target = page.locator('[data-drop]')
  await seen(target)
  await target.hover()
  await page.mouse.up()
  await seen(page.getByText(`${stage.web}:1.0 is on lab`))
  expect(await inspect(peer, `${stage.web}:1.0`)).toBe(await inspect(stage.engine, `${stage.web}:1.0`))
  expect(await peer.ok('run', '--rm', busybox, 'echo', 'whole')).toBe('whole')
})

test('a volume is copied with what is in it, under the name that was given', async () => {
  await stage.engine.ok('run', '--rm', '-v', 'stock:/stock', stage.busybox, 'sh', '-c', 'echo apples > /stock/list && chown 12:34 /stock/list && chmod 640 /stock/list && ln -s list /stock/way')
  await go('/volumes?copy=volume:stock')
  await sheet().getByLabel('Name there').fill('from-outside')
  await press('Copy')
  await seen(sheet().getByText('That engine has a volume of this name already.'))
  await sheet().getByLabel('Name there').fill('stock-there')
  await press('Copy')
  await seen(page.getByText('stock is on lab'))
  const look = ['sh', '-c', 'cat /v/list; stat -c "%u:%g %a" /v/list; readlink /v/way']
  expect(await peer.ok('run', '--rm', '-v', 'stock-there:/v', stage.busybox, ...look)).toBe('apples\n12:34 640\nlist')
})

test('a terminal goes on over SSH; an engine that is lost is said, and is back by itself without leaving the page', async () => {
  await peer.ok('run', '-d', '--name', 'shell', stage.busybox, 'sleep', '1000')
  await choose(switcher('Slipway'), 'lab')
  await go('/containers')
  await row('shell').click()
  await page.getByRole('tab', { name: 'Terminal' }).click()
  const screen = page.locator('.xterm-rows')
  await expect.poll(() => screen.innerText(), { timeout: patience }).toMatch(/[#$]/)
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type('echo $((6 * 7))-over-ssh\n')
  await expect.poll(() => screen.innerText(), { timeout: patience }).toContain('42-over-ssh')
  await host.stop()
  await seen(status().getByText('Reconnecting…'))
  expect(await row('shell').isVisible()).toBe(true)
  const address = page.url()
  await host.start()
  await seen(status().getByText('Engine ready'))
  expect(page.url()).toBe(address)
  await peer.ok('rename', 'shell', 'renamed-meanwhile')
  await seen(row('renamed-meanwhile'))
  await peer.ok('rm', '-f', 'renamed-meanwhile')
})

test('a host key that changed is refused loudly, and accepted only where it is compared', async () => {
  const before = await host.fingerprint()
  await host.stop()
  await host.changeHostKey()
  await host.start()
  await go('/connections')
  await seen(connection('lab').getByText('shows a host key that was not accepted'))
  await page.getByRole('button', { name: 'Edit…' }).click()
  await press('Save')
  await seen(sheet().getByText(`The host key of 127.0.0.1:${host.port} has changed`))
  await seen(sheet().getByText(before))
  await seen(sheet().getByText(await host.fingerprint()))
  await press('Accept the new key')
  await sheet().waitFor({ state: 'hidden' })
  await connected('lab')
})

test('through a jump host to a socket there, each host judged for itself', async () => {
  await go('/connections?add')
  await sheet().getByLabel('Name', { exact: true }).fill('inner')
  const address = async (port: number) => {
    await sheet().getByLabel('Host', { exact: true }).last().fill('127.0.0.1')
    await sheet().getByLabel('Port').last().fill(String(port))
  }
  await address(host.port)
  await sheet().getByLabel('Private key', { exact: true }).fill('~/.ssh/lab')
  await sheet().getByLabel('Passphrase of the key').fill(phrase)
  await sheet().locator('summary', { hasText: 'Engine there' }).click()
  await sheet().getByLabel('Its socket on that machine').fill(peer.socket)
  await sheet().locator('summary', { hasText: 'Jump host' }).click()
  await sheet().getByText('Reach it through another machine').click()
  // No key is named: the agent's is taken.
  await address(gate.port)
  await press('Connect')
  await seen(sheet().getByText(await gate.fingerprint()))
  await press('Accept this key')
  await seen(sheet().getByText(await host.fingerprint()))
  await press('Accept this key')
  await sheet().waitFor({ state: 'hidden' })
  await connected('inner')
})

test('a password that is wrong is said beside it; the right one opens, and is asked for no more', async ({ skip }) => {
  skip(process.geteuid?.() !== 0, 'an account with a password takes root')
  await using door = await startSshServer({ password: { text: 'sesame' } })
  await go('/connections?add')
  await sheet().getByLabel('Name', { exact: true }).fill('by-password')
  await sheet().getByLabel('Host', { exact: true }).first().fill('127.0.0.1')
  await sheet().getByLabel('Port').first().fill(String(door.port))
  await sheet().getByLabel('Password', { exact: true }).first().fill('open')
  await sheet().locator('summary', { hasText: 'Engine there' }).click()
  await sheet().getByLabel('Its socket on that machine').fill(peer.socket)
  await press('Connect')
  await press('Accept this key')
  await seen(sheet().getByText(`${door.user}@127.0.0.1 was not let in, neither with this password nor with a key`))
  await sheet().getByLabel('Password', { exact: true }).first().fill('sesame')
  await press('Connect')
  await sheet().waitFor({ state: 'hidden' })
  await connected('by-password')
  await door.stop()
  await door.start()
  await connected('by-password')
  await connection('by-password').focus()
  await page.keyboard.press('Delete')
  await page.getByRole('button', { name: 'Remove connection' }).click()
  await connection('by-password').waitFor({ state: 'hidden' })
})

test('a docker context comes with its certificates; a certificate for another name, and one the engine does not know, are told apart', async () => {
  await page.getByRole('button', { name: 'Connect to staging' }).click()
  await press('Connect')
  await seen(sheet().getByText('The certificate is for another name'))
  await sheet().getByLabel('Name in the engine’s certificate').fill('lab.example.org')
  await press('Connect')
  await sheet().waitFor({ state: 'hidden' })
  await connected('staging')

  await go('/connections?add')
  await sheet().getByRole('button', { name: 'TCP with TLS' }).click()
  await sheet().getByLabel('Host', { exact: true }).fill('127.0.0.1')
  await sheet().getByLabel('Port').fill(String(tlsPort))
  await sheet().getByLabel('CA', { exact: true }).fill(pems.ca)
  await sheet().getByLabel('Client certificate', { exact: true }).fill(pems.stranger)
  await sheet().getByLabel('Its key', { exact: true }).fill(pems.strangerKey)
  await sheet().getByLabel('Name in the engine’s certificate').fill('lab.example.org')
  await press('Test')
  await seen(sheet().getByText('The engine does not accept this certificate'))
  await press('Cancel')
})

test('renamed, moved and removed by keyboard; the window that shows what goes shows the first engine', async () => {
  await connection('staging').focus()
  await page.keyboard.press('Alt+ArrowUp')
  await expect.poll(() => page.locator('[data-connection]').allInnerTexts().then((texts) => texts.map((text) => text.split('\n')[0])), { timeout: patience }).toEqual(['Slipway', 'lab', 'staging', 'inner'])
  await connection('inner').press('Enter')
  await seen(switcher('inner'))
  await connection('inner').press('Delete')
  await page.getByRole('button', { name: 'Remove connection' }).click()
  await seen(switcher('Slipway'))
  expect(await connection('inner').count()).toBe(0)
})
