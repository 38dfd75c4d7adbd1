import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settleAll } from '../../src/main/base/settle-all.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { writeDockerArchive } from '../fixtures/docker-archive.ts'
import { makePackageRoot, mayMakeRoots, type PackageRoot } from '../fixtures/package-root.ts'
import { freePort } from '../fixtures/registry.ts'
import { buildPackages, type Packages } from './build-packages.ts'
import { contentTests } from './contents.ts'
import { findWindow, type AppWindow } from './window.ts'

/**
 * The deb of a STAND-IN for Electron (packaging/stand-in), everything else as released: installed, started from its desktop entry, used in a real window,
 * upgraded under a container that runs, removed, purged. In a root that is this system below a layer in memory, where what it depends on may be missing; or,
 * with SLIPWAY_PACKAGE_ROOT=bookworm (`npm run package:journey`), in a clean Debian whose apt takes what the package names.
 */
const suite = process.env['SLIPWAY_PACKAGE_ROOT']
const isPossible = mayMakeRoots()
if (!isPossible) console.log('The package is not installed by these tests: that takes root, dpkg and overlayfs.')
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let packages: Packages
let root: PackageRoot
let before: string[]
let folder: string

beforeAll(async () => {
  if (!isPossible) return
  folder = await mkdtemp(join(tmpdir(), 'slipway-install-'))
  lifetime.defer(() => rm(folder, { recursive: true, force: true }))
  await buildApp()
  ;[packages, root] = await settleAll([buildPackages(folder, ['0.1.0', '0.1.1']), makePackageRoot(suite).then<PackageRoot>((made) => lifetime.use(made))])
  if (suite) {
    await root.ok('apt-get', ['update', '-qq'])
    await root.ok('apt-get', ['satisfy', '-y', '-qq', '--no-install-recommends', toolsOfTheTest.join(', ')], { timeout: 900_000 })
    // What the package depends on comes before the first look: it stays when the package goes.
    await root.ok('apt-get', ['satisfy', '-y', '-qq', '--no-install-recommends', packages.depends('0.1.0')], { timeout: 900_000 })
  }
  // Somebody without subordinate ids, as on systems whose accounts come from elsewhere.
  await root.ok('useradd', ['--create-home', '--uid', '1234', '--shell', '/bin/bash', 'ada'])
  await root.ok('sed', ['-i', '/^ada:/d', '/etc/subuid', '/etc/subgid'])
  before = await root.listing()
}, 1_800_000)
afterAll(() => lifetime.disposeAsync(), 120_000)

/** What looks at the package; a desktop has these. Docker's client is a package of its own since trixie. */
const toolsOfTheTest = ['chromium', 'xvfb', 'xauth', 'libglib2.0-bin', 'man-db', 'bash-completion', 'docker-cli | docker.io', 'busybox-static', 'shared-mime-info', 'desktop-file-utils', 'procps', 'gawk']

const docker = (...args: string[]) => root.ok('docker', ['-H', 'unix:///run/slipway/docker.sock', ...args])
const lines = (file: string) => readFileSync(join(root.path, file), 'utf8').split('\n').filter(Boolean)
const has = (path: string) => existsSync(join(root.path, path))

/** Where every page of the manual of this system would be indexed anew. */
const quick = suite ? [] : ['--no-triggers']

/** apt takes what the package depends on; without a mirror dpkg installs it alone. */
async function install(version: string): Promise<string> {
  await copyFile(packages.deb(version), join(root.path, 'tmp/slipway.deb'))
  const { code, output } = suite ? await root.run('apt-get', ['install', '-y', '--no-install-recommends', '/tmp/slipway.deb'], { timeout: 900_000 }) : await root.run('dpkg', [...quick, '--force-depends', '-i', '/tmp/slipway.deb'])
  if (code !== 0) throw new Error(output)
  return output
}

const entry = '/usr/share/applications/slipway-app.desktop'
const execOf = () => /^Exec=(.*)$/m.exec(readFileSync(join(root.path, entry), 'utf8'))?.[1] ?? ''
let display: string | undefined
let appWindow: AppWindow

/** As a menu or a file manager does it, with files where some are opened. */
async function openFromMenu(...files: string[]): Promise<AppWindow> {
  const port = await freePort()
  const switches = [`--remote-debugging-port=${port}`, ...(display ? [] : ['--headless=new']), '--disable-3d-apis']
  const words = has('/usr/bin/gio') ? ['gio', 'launch', entry, ...files] : execOf().split(' ').flatMap((word) => (word === '%U' ? files : [word]))
  await root.start(words[0]!, words.slice(1), undefined, { SLIPWAY_STAND_IN_SWITCHES: switches.join(' '), ...(display && { DISPLAY: display }) })
  return findWindow(root, port)
}

describe.skipIf(!isPossible)('the package', () => {
  contentTests(() => packages)

  test('installed: says what it set up, and everything is in its place', { timeout: 900_000 }, async () => {
    const said = await install('0.1.0')
    expect(said).toMatch(/slipway: ada has the subordinate ids \d+ to \d+ now/)
    expect(lines('/etc/subuid').filter((line) => line.startsWith('ada:'))).toHaveLength(1)
    expect(lines('/etc/subgid').filter((line) => line.startsWith('ada:'))).toHaveLength(1)
    expect(lines('/etc/group').some((line) => /^slipway:x:\d+:$/.test(line))).toBe(true)
    for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) expect(has(`/usr/share/icons/hicolor/${size}x${size}/apps/slipway-app.png`)).toBe(true)
    if (has('/usr/bin/update-mime-database')) expect(has('/usr/share/mime/application/x-compose+yaml.xml')).toBe(true)
    if (has('/usr/bin/gio')) {
      await writeFile(join(root.path, 'tmp/compose.yaml'), 'services: {}\n')
      await writeFile(join(root.path, 'tmp/Dockerfile'), 'FROM scratch\n')
      for (const [file, type] of [['compose.yaml', 'application/x-compose+yaml'], ['Dockerfile', 'text/x-dockerfile']]) expect(await root.ok('gio', ['info', '-a', 'standard::content-type', `/tmp/${file}`])).toContain(type)
    }
  })

  test('the command: version, help, man page, completion, doctor', async () => {
    expect(await root.ok('slipway', ['--version'])).toBe('0.1.0')
    expect(await root.ok('slipway', ['--help'])).toContain('slipway docker-context add')
    if (has('/usr/bin/man')) expect(await root.ok('man', ['-P', 'cat', 'slipway'])).toContain('containers on a desktop')
    expect(await root.ok('bash', ['--norc', '-c', '. /usr/share/bash-completion/completions/slipway; COMP_WORDS=(slipway d); COMP_CWORD=1; _slipway; echo "${COMPREPLY[*]}"'])).toBe('doctor docker-context')
    const { code, stdout, output } = await root.run('slipway', ['doctor'])
    expect(stdout, output).toMatch(/This machine:[^]*Nothing is kept yet at \/var\/lib\/slipway/)
    expect([0, 4]).toContain(code)
  })

  test('the engine and the browser shell by themselves, and a docker context that leads there', async () => {
    const engine = await root.start('slipway', ['engine'], /engine ready unix:\/\/\/run\/slipway\/docker\.sock/)
    await root.ok('slipway', ['docker-context', 'add', '--use'])
    expect(await root.ok('docker', ['version', '--format', '{{.Server.Version}}'])).toBe('0.1.0')
    await root.ok('slipway', ['docker-context', 'remove'])
    const serve = await root.start('slipway', ['serve'], /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/)
    expect(await (await fetch(serve.said)).text()).toContain('<title>Slipway</title>')
    await serve.end()
    // It came upon that engine, and left it running.
    expect(await docker('ps', '-q')).toBe('')
    await engine.end()
  })

  test('started from its desktop entry with an archive: the image is loaded, and a container of it runs', { timeout: 180_000 }, async () => {
    if (has('/usr/bin/Xvfb')) display = `:${(await root.start('Xvfb', ['-displayfd', '1', '-nolisten', 'tcp', '-screen', '0', '1280x800x24'], /^\d+$/)).said}`
    await writeDockerArchive(join(root.path, 'tmp/images.tar'), 'kept:1', ['sleep', '100000'])
    appWindow = await openFromMenu('/tmp/images.tar')
    const { page } = appWindow
    const load = page.getByRole('dialog', { name: 'Load from a file' })
    await expect.poll(() => load.getByLabel('File', { exact: true }).inputValue(), { timeout: patience }).toBe('/tmp/images.tar')
    await page.getByText('Engine ready').waitFor()
    await load.getByRole('button', { name: 'Load', exact: true }).click()
    await page.getByText('kept:1 is here', { exact: true }).waitFor()
    await page.goto(`${new URL('/', page.url()).href}#/containers?run=kept%3A1`)
    const sheet = page.getByRole('dialog', { name: 'Run a container' })
    await sheet.getByLabel('Name', { exact: true }).fill('kept')
    await sheet.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('heading', { name: /kept.*Running/ }).waitFor()
    if (process.env['SLIPWAY_PICTURES']) await page.screenshot({ path: join(process.env['SLIPWAY_PICTURES'], 'package.png') })
    expect(await docker('ps', '--format', '{{.Names}} {{.Image}}')).toBe('kept kept:1')
  })

  test('upgraded under it: the container runs on, and the next app and its engine find it', { timeout: 180_000 }, async () => {
    const runs = () => docker('inspect', '-f', '{{.State.Pid}} {{.State.StartedAt}} {{.State.Status}}', 'kept')
    const running = await runs()
    await install('0.1.1')
    expect(await runs()).toBe(running)
    expect(await docker('exec', 'kept', 'echo', 'still')).toBe('still')
    await appWindow.close()
    expect(await root.ok('slipway', ['--version'])).toBe('0.1.1')
    appWindow = await openFromMenu()
    await appWindow.page.getByText('Engine ready').waitFor()
    expect(await docker('version', '--format', '{{.Server.Version}}')).toBe('0.1.1')
    expect(await runs()).toBe(running)
    expect(await docker('exec', 'kept', 'echo', 'still')).toBe('still')
    await appWindow.close()
  })

  test('removed: containers and data stay, and so does what was set up for people', { timeout: 180_000 }, async () => {
    const { output } = await root.run('dpkg', [...quick, '--remove', 'slipway'])
    expect(output).toContain('containers of root still run')
    expect([has('/opt/Slipway'), has('/usr/bin/slipway'), has(entry)]).toEqual([false, false, false])
    expect(has('/var/lib/slipway/slipway.db')).toBe(true)
    expect(lines('/etc/subuid').some((line) => line.startsWith('ada:'))).toBe(true)
    expect(await root.running('1000[0]0')).toMatch(/^\/proc\/\d+\/cmdline$/m)
  })

  test('purged: it asks nothing, and nothing is left', { timeout: 180_000 }, async () => {
    await install('0.1.1')
    const engine = await root.start('slipway', ['engine'], /engine ready/)
    expect(await docker('exec', 'kept', 'echo', 'still')).toBe('still')
    await docker('rm', '-f', 'kept')
    await engine.end()
    await root.ok('dpkg', [...quick, '--purge', 'slipway'])
    expect(await root.listing()).toEqual(before)
    expect([has('/var/lib/slipway'), has('/run/slipway')]).toEqual([false, false])
  })
})
