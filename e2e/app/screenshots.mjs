// Pictures of the real app on a real engine, in light and dark, in two sizes.   node e2e/app/screenshots.mjs FOLDER [PATTERN of names]
// Those of the README are in docs/images. Needs root, as the host tests do.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildApp } from '../fixtures/app-build.ts'
import { makeAppRoots } from '../fixtures/app-roots.ts'
import { pushBasicImages } from '../fixtures/images.ts'
import { nginxLayout } from '../fixtures/nginx.ts'
import { freePort, startTestRegistry } from '../fixtures/registry.ts'
import { launchApp } from './drivers/launch-app.ts'

const folder = resolve(process.argv[2] ?? 'screenshots')
const only = new RegExp(process.argv[3] ?? '')
const SIZES = [{ width: 1280, height: 800 }, { width: 1920, height: 1080 }]
const SHELL = ['sh', '-c']

await mkdir(folder, { recursive: true })
await buildApp()
await using roots = await makeAppRoots()
await using registry = await startTestRegistry()
await using app = await launchApp({ shell: 'browser', dataRoot: roots.dataRoot, runRoot: roots.runRoot, settings: {} })
const { page } = app
page.on('response', (response) => response.status() >= 400 && console.log(`${response.status()} ${response.url()}`))
const seen = (text) => page.getByText(text).first().waitFor()

await seen('Welcome to Slipway')
await seen('What people run most')
await picture('welcome')
await page.getByRole('button', { name: 'Look around' }).click()
await seen('Nothing runs here yet')
await picture('empty')

const containers = await seed()
await seen('shop-web')
// What crashed is told at once; it would lie over every picture.
await page.getByRole('button', { name: 'Dismiss' }).click()
await page.mouse.move(0, 0)
await page.goto(`${address()}#/containers`)
await page.getByRole('row', { name: /shop-web/ }).waitFor()
await picture('containers')
await page.goto(`${address()}#/containers?run=nginx:latest`)
await page.getByRole('dialog').getByLabel('Port in the container').waitFor()
await picture('run')
await page.keyboard.press('Escape')
for (const [name, tab] of [['shop-web', 'logs'], ['shop-worker', 'logs'], ['shop-web', 'overview'], ['shop-web', 'inspect']]) {
  await page.goto(`${address()}#/containers/${containers.get(name)}/${tab}`)
  await page.getByRole('tabpanel').locator(tab === 'logs' ? '.font-mono' : 'button, dd').first().waitFor()
  await picture(`${name}-${tab}`)
}
await page.goto(`${address()}#/containers/${containers.get('shop-web')}/terminal`)
await page.locator('.xterm-rows').getByText('#').first().waitFor()
await page.locator('.xterm-helper-textarea').focus()
await page.keyboard.type('cat /etc/os-release | head -n 4; nginx -v; ls -l /var/www/html\n')
await page.locator('.xterm-rows').getByText('index.html').first().waitFor()
await picture('terminal')
for (const tab of ['files', 'changes', 'stats', 'processes', 'events']) {
  await page.goto(`${address()}#/containers/${containers.get('shop-web')}/${tab}`)
  await page.getByRole('tab', { selected: true }).waitFor()
  await page.waitForLoadState('networkidle')
  await picture(`shop-web-${tab}`)
}
await page.goto(`${address()}#/containers?edit=${containers.get('shop-web')}`)
await page.getByRole('dialog').getByLabel('Port in the container').waitFor()
await picture('edit')
await page.keyboard.press('Escape')
for (const place of ['', 'images', 'build', 'volumes', 'networks', 'ports', 'logs', 'compose', 'engine', 'settings']) {
  await page.goto(`${address()}#/${place}`)
  await page.waitForLoadState('networkidle')
  await picture(place === '' ? 'home' : place.replace(/\?.*/, ''))
}
await page.goto(`${address()}#/images?pull=nginx:latest`)
await page.getByRole('dialog').waitFor()
await picture('pull')

/** One view in every size and appearance. */
async function picture(name) {
  if (!only.test(name)) return
  for (const size of SIZES) {
    await page.setViewportSize(size)
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.screenshot({ animations: 'disabled', path: join(folder, `${name}-${colorScheme}-${size.width}.png`) })
    }
  }
}

function address() {
  return new URL('/', page.url()).href
}

/** A small shop, with one container in each state. @returns their ids by name. */
async function seed() {
  const work = await mkdtemp(join(tmpdir(), 'slipway-pictures-'))
  await registry.push(await nginxLayout(), 'nginx', 'nginx:1')
  await pushBasicImages(registry, work)
  await rm(work, { recursive: true })
  for (const [pulled, name] of [['nginx:1', 'nginx:latest'], ['busybox:1.0', 'busybox:1.0'], ['web:1.1', 'shop/stock:1.1']]) {
    const reference = `${registry.host}/${pulled}`
    await roots.ok('pull', '-q', reference)
    await roots.ok('tag', reference, name)
    await roots.ok('rmi', reference)
  }
  const port = await freePort()
  await roots.ok('network', 'create', 'shop')
  await roots.ok('network', 'create', 'metrics')
  await roots.ok('run', '-d', '--name', 'shop-web', '--network', 'shop', '-p', `127.0.0.1:${port}:80`, '-v', 'shop-pages:/srv', '-e', 'SHOP_NAME=Harbour', '--restart', 'unless-stopped', 'nginx:latest')
  await roots.ok('run', '-d', '--name', 'shop-stock', '--network', 'shop', '-p', '8080', 'shop/stock:1.1')
  const lines = 'for n in $(seq 1 40); do printf "\\033[36mINFO\\033[0m  order %d packed, %d pieces\\n" $((4000+n)) $((n%7+1)); done; printf "\\033[33mWARN\\033[0m  carrier answers slowly, trying again\\n" >&2; printf "\\033[31mERROR\\033[0m order 4041: no such address\\n" >&2; sleep 1000000'
  await roots.ok('run', '-d', '--name', 'shop-worker', '--network', 'shop', 'busybox:1.0', ...SHELL, `trap exit TERM; ${lines} & wait`)
  await roots.ok('run', '-d', '--name', 'report', 'busybox:1.0', 'sleep', '1000000')
  await roots.ok('pause', 'report')
  await roots.ok('network', 'connect', '--alias', 'www', 'metrics', 'shop-web')
  await roots.docker('run', '--name', 'migrate', 'busybox:1.0', 'true')
  await roots.docker('run', '--name', 'backup', 'busybox:1.0', ...SHELL, 'echo no space left >&2; exit 2')
  await roots.ok('create', '--name', 'mailer', 'busybox:1.0')
  for (const path of ['/', '/', '/boats', '/boats/12', '/favicon.ico', '/']) await fetch(`http://127.0.0.1:${port}${path}`)
  return new Map((await roots.ok('ps', '-a', '--no-trunc', '--format', '{{.Names}} {{.ID}}')).split('\n').map((line) => line.split(' ')))
}
