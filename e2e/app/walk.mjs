/* global location */
// A newcomer's walk on a real engine: what it takes, in clicks and in keys, to do what people come for first.   node e2e/app/walk.mjs [FOLDER for a picture after each step]
// What came of it is asked of the docker client. The counts stand in docs/newcomer.md. Needs root, as the host tests do.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../fixtures/app-build.ts'
import { makeAppRoots } from '../fixtures/app-roots.ts'
import { pushBasicImages } from '../fixtures/images.ts'
import { nginxLayout } from '../fixtures/nginx.ts'
import { startTestRegistry } from '../fixtures/registry.ts'
import { launchApp } from './drivers/launch-app.ts'

const pictures = process.argv[2]
await buildApp()
await using roots = await makeAppRoots()
await using registry = await startTestRegistry()
await using app = await launchApp({ shell: 'browser', dataRoot: roots.dataRoot, runRoot: roots.runRoot, settings: {} })
const { page } = app
page.setDefaultTimeout(30_000)
await page.getByText('Engine ready').first().waitFor({ timeout: 120_000 })
const work = await mkdtemp(join(tmpdir(), 'slipway-walk-'))
const site = join(work, 'site')
await mkdir(site)
await writeFile(join(site, 'index.html'), 'Hello from a folder')
await registry.push(await nginxLayout(), 'nginx', 'nginx:1')
await pushBasicImages(registry, work)
for (const [pulled, name] of [['nginx:1', 'nginx:stable'], ['nginx:1', 'nginx:latest'], ['busybox:1.0', 'busybox:1.0']]) {
  await roots.ok('pull', '-q', `${registry.host}/${pulled}`)
  await roots.ok('tag', `${registry.host}/${pulled}`, name)
}
for (const name of ['nginx:1', 'busybox:1.0']) await roots.ok('rmi', `${registry.host}/${name}`)
await roots.ok('network', 'create', 'backend')
await page.getByRole('button', { name: 'Look around' }).click()

const counts = []
let done = { clicks: 0, keys: 0, typed: 0 }
const by = (role, name) => page.getByRole(role, { name, exact: typeof name === 'string' }).first()
async function click(target) {
  await target.click()
  done.clicks++
  await picture()
}
/** Named keys, each counted; a text typed into a field counts once, as one thing to type. */
async function keys(...names) {
  for (const name of names) {
    await page.keyboard.press(name)
    done.keys++
    await page.waitForTimeout(150)
  }
  await picture()
}
async function type(text) {
  await page.keyboard.type(text)
  done.typed++
  await page.waitForTimeout(400)
}
let shot = 0
async function picture() {
  if (pictures) await page.screenshot({ path: join(pictures, `${String(++shot).padStart(2, '0')}.png`), animations: 'disabled' })
}
async function task(what, how, act, proof) {
  done = { clicks: 0, keys: 0, typed: 0 }
  try {
    await act()
    for (let left = 60; proof && !(await proof()); left--) {
      if (left === 0) throw new Error('the engine does not show it')
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    counts.push({ what, how, ...done })
  } catch (error) {
    console.error(`${what}, by ${how}: ${error.message.split('\n').slice(0, 4).join(' ')}`)
    await page.screenshot({ path: join(pictures ?? tmpdir(), `failed-${what}-${how}.png`.replaceAll(' ', '-')) })
    counts.push({ what, how, failed: true })
    await page.goto(`${new URL('/', page.url()).href}#/`)
    await page.reload()
  }
}
const home = async () => {
  await page.keyboard.press('Escape')
  await page.evaluate(() => void (location.hash = '/'))
  await page.waitForTimeout(500)
}
const inspect = async (name, format) => (await roots.docker('inspect', '-f', format, name)).stdout.trim()
const answers = async (port) => fetch(`http://127.0.0.1:${port}/`).then(({ ok }) => ok, () => false)
const portOf = (name) => inspect(name, '{{range $p, $c := .NetworkSettings.Ports}}{{range $c}}{{.HostPort}} {{end}}{{end}}').then((text) => text.split(' ')[0])

for (const how of ['mouse', 'keyboard']) {
  const mouse = how === 'mouse'
  const name = () => roots.docker('ps', '-n', '1', '--format', '{{.Names}}').then(({ stdout }) => stdout.trim())
  await home()
  await task('run nginx and open it', how, async () => {
    if (mouse) {
      await click(by('button', 'Run a container'))
      await click(by('button', 'nginx'))
      await click(page.getByRole('dialog').getByRole('button', { name: /^(Run|Pull and run)$/ }))
    } else {
      await keys('Control+k')
      await type('run')
      await keys('Enter')
      await page.getByRole('dialog').getByRole('combobox', { name: 'Image' }).waitFor()
      await type('nginx:latest')
      await page.getByLabel('Port in the container').first().waitFor()
      await keys('Enter')
    }
    await page.waitForURL(/containers\/[0-9a-f]+\/logs/)
    const popup = page.context().waitForEvent('page', { timeout: 20_000 })
    if (mouse) await click(page.locator('main section').last().getByRole('link', { name: /^\d+(:80)?$/ }).or(page.locator('main section').last().getByRole('button', { name: /80$/ })).first())
    else {
      await keys('Control+k')
      await type(`open ${await name()}`)
      await keys('Enter')
    }
    await (await popup).close()
  }, async () => answers(await portOf(await name())))
  const web = await name()
  const before = await portOf(web)
  const next = String(Number(before) + 400)

  await home()
  await task('change its port', how, async () => {
    if (mouse) {
      await click(by('link', 'Ports'))
      await click(by('button', new RegExp(`${before}`)))
    } else {
      await keys('Control+7')
      await page.waitForTimeout(800)
      await keys('/')
      await type(before)
      await keys('Enter')
      await page.waitForTimeout(500)
      await keys('Enter')
    }
    await page.getByLabel('Port on this machine').waitFor()
    await page.getByLabel('Port on this machine').selectText()
    await type(next)
    if (mouse) await click(by('button', 'Apply'))
    else await keys('Enter')
  }, () => answers(next))

  await home()
  await task('mount a folder', how, async () => {
    if (mouse) {
      await click(by('link', web))
      await click(page.locator('main section').last().getByRole('button', { name: 'More actions' }))
      await click(by('menuitem', 'Mount a folder…'))
    } else {
      await keys('Control+k')
      await type(`mount ${web}`)
      await keys('Enter')
    }
    await page.getByRole('dialog').getByLabel('Folder or file on this machine').waitFor()
    await type(site)
    if (mouse) await click(by('button', 'Review changes'))
    else await keys('Enter')
    const apply = page.getByRole('dialog').getByRole('button', { name: /^(Apply|Recreate|Make the changes|Replace)/ })
    await apply.waitFor()
    if (mouse) await click(apply)
    else await keys('Tab', 'Tab', 'Enter')
  }, async () => (await inspect(web, '{{range .Mounts}}{{.Source}} {{end}}')).includes(site))

  await home()
  await task('connect it to a second network', how, async () => {
    if (mouse) {
      await click(by('link', 'Networks'))
      const card = page.locator('[data-card]').filter({ hasText: web }).first()
      await card.waitFor()
      await page.waitForTimeout(600)
      const [from, to] = [await card.boundingBox(), await page.locator('[data-lane]').filter({ hasText: 'backend' }).first().boundingBox()]
      await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
      await page.mouse.down()
      await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 })
      await page.mouse.up()
      done.clicks++
      await picture()
      await click(by('button', 'Connect'))
    } else {
      await keys('Control+k')
      await type(`connect ${web}`)
      await keys('Enter')
      await page.waitForTimeout(800)
      await type('backend')
      await keys('Enter')
    }
  }, async () => (await inspect(web, '{{range $n, $v := .NetworkSettings.Networks}}{{$n}} {{end}}')).includes('backend'))

  await roots.docker('rm', '-f', 'backup')
  await roots.docker('run', '--name', 'backup', 'busybox:1.0', 'sh', '-c', 'echo no space left >&2; exit 2')
  await home()
  await task('find why a container crashed', how, async () => {
    await page.getByText('Ended by itself with code 2').first().waitFor()
    if (mouse) await click(by('button', 'Show logs'))
    else {
      await keys('Control+k')
      await type('logs backup')
      await keys('Enter')
    }
    await page.getByText('no space left').first().waitFor()
  })

  await roots.ok('tag', 'busybox:1.0', 'old:1')
  await writeFile(join(work, 'Dockerfile'), `FROM busybox:1.0\nRUN echo ${how} > /made\n`)
  await roots.ok('build', '-q', '-t', 'mine', work)
  await writeFile(join(work, 'Dockerfile'), `FROM busybox:1.0\nRUN echo ${how} again > /made\n`)
  await roots.ok('build', '-q', '-t', 'mine', work)
  await home()
  const loose = async () => (await roots.ok('images', '-q', '-f', 'dangling=true')).trim() === ''
  await task('free disk space', how, async () => {
    if (mouse) await click(by('button', 'Free space…'))
    else {
      await keys('Control+k')
      await type('free space')
      await keys('Enter')
    }
    const confirm = page.getByRole('dialog').getByRole('button', { name: /frees/ })
    await confirm.waitFor()
    if (mouse) await click(confirm)
    else await keys('Shift+Tab', 'Enter')
  }, loose)
}
console.table(counts)
await roots.docker('rm', '-f', ...(await roots.ok('ps', '-aq')).split('\n').filter(Boolean))
await rm(work, { recursive: true, force: true })
