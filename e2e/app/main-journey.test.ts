import { afterAll, beforeAll, expect, test } from 'vitest'
import { chmod, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Locator, Page } from 'playwright-core'
import { makeAppRoots, type AppRoots } from '../fixtures/app-roots.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { nginxLayout } from '../fixtures/nginx.ts'
import { freePort, startTestRegistry, type TestRegistry } from '../fixtures/registry.ts'
import { desktopShell, launchApp, type RunningApp, type ShellName } from './drivers/launch-app.ts'

/**
 * The main job in real Chromium, on a real engine, registry and image: from an empty app to a web server and back to nothing, with the
 * engine killed on the way. What the page says is held against what the docker client says.
 */
const shells: ShellName[] = ['browser', 'stand-in', ...(desktopShell() === 'electron' ? (['electron'] as const) : [])]
console.log(`The main journey drives: ${shells.join(', ')}${shells.includes('electron') ? '' : " (Electron's binary is not here)"}`)

/** For one step of the page on a slow machine; nothing waits that long when all is well. */
const patience = 60_000
const lifetime = new AsyncDisposableStack()
let registry: TestRegistry

beforeAll(async () => {
  const [layout] = await Promise.all([nginxLayout(), buildApp()])
  registry = lifetime.use(await startTestRegistry())
  await registry.push(layout, 'nginx', 'web/nginx:1')
}, 900_000)
afterAll(() => lifetime.disposeAsync())

test.each(shells)('%s: pull, run, read, log, terminal, a killed engine, stop, remove', { timeout: 600_000 }, async (shell) => {
  await using roots = await makeAppRoots()
  await using app = await launchApp({ shell, dataRoot: roots.dataRoot, runRoot: roots.runRoot })
  app.page.setDefaultTimeout(patience)
  try {
    await journey(app, roots, `${registry.host}/web/nginx:1`)
  } catch (error) {
    console.error(`The page when it went wrong, at ${app.page.url()}:\n${await app.page.locator('body').innerText().catch(String)}`)
    throw error
  }
})

async function journey({ page }: RunningApp, roots: AppRoots, image: string): Promise<void> {
  await seen(page.getByText('Engine ready'))
  await pull(page, image)
  expect(await roots.ok('images', '--format', '{{.Repository}}:{{.Tag}}')).toBe(image)

  const port = await freePort()
  await runFromImage(page, 'journey', port)
  const site = visitor(port)
  expect(await site.get('/')).toContain('It runs')
  expect(await inspected(roots, '{{.State.Status}} {{.Config.Image}} {{(index .NetworkSettings.Ports "80/tcp" 0).HostPort}}')).toBe(`running ${image} ${port}`)
  await seen(page.getByRole('log').getByText('"GET / HTTP/1.1"'))

  await terminal(page, 'echo answer-$((6*7)) from $(hostname)', `answer-42 from ${await inspected(roots, '{{.Config.Hostname}}')}`)
  await commandsAreIgnored(page)
  await killTheEngine(page, roots, site)
  await logsAreWhole(page, roots, site)
  await terminal(page, 'echo again-$((7*8))', 'again-56')
  await theDiskIsMended(page, roots, image)
  await stopAndRemove(page, roots, site)
}

async function pull(page: Page, image: string): Promise<void> {
  await place(page, 'Images')
  await page.getByRole('button', { name: 'Pull an image' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Pull an image' })
  await dialog.getByRole('combobox', { name: 'Image' }).fill(image)
  await dialog.getByRole('button', { name: 'Pull', exact: true }).click()
  await page.waitForURL(/images\/sha256/)
  await dialog.waitFor({ state: 'hidden' })
}

/** From the image's own page, where the sheet knows which port the image has. */
async function runFromImage(page: Page, name: string, port: number): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Run', exact: true }).last().click()
  const sheet = page.getByRole('dialog', { name: 'Run a container' })
  await expect.poll(() => sheet.getByLabel('Port in the container').inputValue(), { timeout: patience }).toBe('80')
  await sheet.getByLabel('Name', { exact: true }).fill(name)
  await sheet.getByLabel('Port on this machine').fill(String(port))
  await sheet.getByRole('button', { name: 'Run', exact: true }).click()
  await page.waitForURL(/containers\/[0-9a-f]+\/logs/)
  await seen(page.getByRole('heading', { name: new RegExp(`${name}.*Running`) }))
}

interface Site {
  readonly port: number
  /** Every path that was asked for. */
  readonly asked: string[]
  get(path: string): Promise<string>
}

/** Visits the published port, each time over a new connection. */
function visitor(port: number): Site {
  const asked: string[] = []
  return {
    port,
    asked,
    async get(path) {
      asked.push(path)
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { Connection: 'close' } })
      return response.text()
    },
  }
}

/** Types as a person does, and reads what is drawn. */
async function terminal(page: Page, line: string, answer: string): Promise<void> {
  await tab(page, 'Terminal')
  const screen = page.locator('.xterm-rows')
  await expect.poll(() => screen.innerText(), { timeout: patience }).toMatch(/[#$]/)
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type(`${line}\n`)
  await expect.poll(() => screen.innerText(), { timeout: patience }).toContain(answer)
}

/** What a container prints draws on the terminal and does nothing else: no title, no clipboard, no link, no answer that the shell would run. */
async function commandsAreIgnored(page: Page): Promise<void> {
  const title = await page.title()
  await page.evaluate(() => {
    const written: string[] = []
    Object.assign(globalThis, { written })
    navigator.clipboard.writeText = async (text) => void written.push(text)
  })
  await terminal(page, String.raw`printf '\033]0;owned\007\033]2;owned\007\033]52;c;b3duZWQ=\007\033]8;;http://owned.test\007words\033]8;;\007\033[21t done-%s\n' $((40+2))`, 'words done-42')
  expect(await page.title()).toBe(title)
  expect(await page.evaluate(() => (globalThis as unknown as { written: string[] }).written)).toEqual([])
  expect(await page.locator('.xterm-rows').innerHTML()).not.toMatch(/underline|href/)
}

/** The container serves before, while and after; the app says so in its foot, and comes back by itself. */
async function killTheEngine(page: Page, roots: AppRoots, site: Site): Promise<void> {
  await tab(page, 'Logs')
  const before = { engine: await roots.enginePid(), container: await inspected(roots, '{{.State.Pid}} {{.State.StartedAt}} {{.RestartCount}}') }
  const told = await whatTheFootSays(page)
  process.kill(before.engine, 'SIGKILL')
  for (let visit = 0; visit < 5; visit++) expect(await site.get(`/away-${visit}`)).toContain('404')
  await told.until(/reconnecting/i)
  let back = false
  const ready = told.until(/reconnecting[^]*ready/i).then(() => (back = true))
  for (let visit = 5; !back; visit++) expect(await site.get(`/away-${visit}`)).toContain('404')
  await ready
  expect(await roots.enginePid()).not.toBe(before.engine)
  expect(await inspected(roots, '{{.State.Pid}} {{.State.StartedAt}} {{.RestartCount}}')).toBe(before.container)
  await seen(page.getByRole('heading', { name: /Running/ }))
  await site.get('/back-again')
}

/**
 * Every visit once: in the engine's log, and, in the same order, in the page that was reading all the while. The order itself is
 * nginx's: each of its workers writes a line after it has answered.
 */
async function logsAreWhole(page: Page, roots: AppRoots, { asked }: Site): Promise<void> {
  await seen(page.getByRole('log').getByText('/back-again'))
  const logged = visitsIn(await roots.ok('logs', 'journey'))
  expect(logged.toSorted()).toEqual(asked.toSorted())
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save to a file' }).click()])
  expect(visitsIn(await text(await download.createReadStream()))).toEqual(logged)
}

const visitsIn = (log: string) => [...log.matchAll(/"GET (\S+) HTTP/g)].map(([, path]) => path)

/** After such an end Home offers the check. It finds what a disk did to a layer that the container runs on, and a folder that is open to all; both are mended while it runs. */
async function theDiskIsMended(page: Page, roots: AppRoots, image: string): Promise<void> {
  const blobs = join(roots.dataRoot, 'content/blobs/sha256')
  const sizes = await Promise.all((await readdir(blobs)).map(async (name) => [name, (await stat(join(blobs, name))).size] as const))
  await truncate(join(blobs, sizes.toSorted(([, a], [, b]) => b - a)[0]![0]), 1000)
  await chmod(join(roots.dataRoot, 'volumes'), 0o777)
  await place(page, 'Home')
  await seen(page.getByText(/The engine ended unexpectedly/))
  await page.getByRole('button', { name: 'To the check of the disk' }).click()
  await page.getByRole('button', { name: 'Check everything' }).click()
  await seen(page.getByText('2 things are amiss.'))
  await seen(page.getByText(/The packed layer .* has other bytes than its digest says/))
  await page.getByRole('button', { name: 'Repair what loses nothing' }).click()
  await seen(page.getByText('One thing is amiss.'))
  expect((await stat(join(roots.dataRoot, 'volumes'))).mode & 0o022).toBe(0)
  await seen(page.getByText(/Pull the image again \(docker pull .*\), which brings only what is missing/))
  await pull(page, image)
  await page.getByRole('contentinfo').getByRole('link').first().click()
  await page.getByRole('button', { name: 'Check again' }).click()
  await seen(page.getByText('Everything is whole.'))
  expect(await inspected(roots, '{{.State.Status}}')).toBe('running')
  await place(page, 'Containers')
  await page.getByRole('row', { name: 'journey', exact: true }).getByText('journey', { exact: true }).click()
  await seen(page.getByRole('heading', { name: /Running/ }))
}

async function stopAndRemove(page: Page, roots: AppRoots, { port }: Site): Promise<void> {
  const pane = page.getByRole('main')
  await pane.getByRole('button', { name: 'Stop', exact: true }).last().click()
  await seen(page.getByRole('heading', { name: /Exited/ }))
  expect(await inspected(roots, '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 0')
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  await pane.getByRole('button', { name: 'More actions' }).last().click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('button', { name: 'Remove container' }).click()
  await seen(page.getByText('Run your first container'))
  expect(await roots.ok('ps', '-aq')).toBe('')
}

/** Every different text of the foot from now on; the wait is woken by the page's own changes. */
async function whatTheFootSays(page: Page): Promise<{ until(pattern: RegExp): Promise<void> }> {
  const record = await page.evaluateHandle(() => {
    const foot = document.querySelector('footer') as HTMLElement
    const waiting = new Set<() => void>()
    const said: string[] = []
    new MutationObserver(() => {
      if (foot.innerText !== said.at(-1)) said.push(foot.innerText)
      waiting.forEach((look) => look())
    }).observe(foot, { subtree: true, childList: true, characterData: true })
    return { said, waiting }
  })
  return {
    until: (pattern) =>
      record.evaluate(
        ({ said, waiting }, { source, flags, most }) =>
          new Promise<void>((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`The foot never said ${source}, but: ${said.join(' | ')}`)), most)
            const look = () => {
              if (!new RegExp(source, flags).test(said.join('\n'))) return
              clearTimeout(timer)
              waiting.delete(look)
              resolve()
            }
            waiting.add(look)
            look()
          }),
        { source: pattern.source, flags: pattern.flags, most: patience },
      ),
  }
}

const seen = (locator: Locator) => locator.first().waitFor({ timeout: patience })
const place = (page: Page, name: string) => page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name }).click()
const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click()
const inspected = (roots: AppRoots, format: string) => roots.ok('inspect', '--format', format, 'journey')
