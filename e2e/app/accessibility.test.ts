import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeEngine, wireContainer, type FakeEngine } from '../../src/main/connections/testing/fake-engine.ts'
import { buildApp } from '../fixtures/app-build.ts'
import { launchApp, type RunningApp } from './drivers/launch-app.ts'

/** WCAG 2.2 AA as far as a program can tell, on every page, in light and dark: https://github.com/dequelabs/axe-core */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const lifetime = new AsyncDisposableStack()
let app: RunningApp
let engine: FakeEngine

const pages = ['/containers', '/containers?run=nginx', '/images', '/images?pull=nginx', '/volumes', '/networks', '/ports', '/logs', '/logs?running', '/compose', '/engine', '/settings', '/settings?diagnostics', '/settings?licences', '/settings?moveData', '/settings?signIn', '/settings?q=zzz', '/connections', '/connections?add', '/everywhere/containers', '/?cleanup', '/images?share', '/images?load', '/volumes?create', '/volumes?restore', '/volumes?prune', '/networks?new', '/cluster', ...['edit', 'rename', 'kill', 'commit', 'duplicate', 'recipe', 'mount-in'].map((name) => `/containers?${name}=web1`), ...['overview', 'logs', 'terminal', 'files', 'changes', 'stats', 'processes', 'events', 'inspect'].map((tab) => `/containers/web1/${tab}`), '/build', '/']

beforeAll(async () => {
  await buildApp()
  engine = lifetime.use(await startFakeEngine())
  for (const [id, more] of [['web1', { Names: ['/shop-web'] }], ['db1', { Names: ['/shop-db'], State: 'exited', Status: 'Exited (3) 2 hours ago' }], ['sick1', { Names: ['/sick'], Status: 'Up 2 hours (unhealthy)' }]] as const) engine.containers.set(id, wireContainer(id, { ...more, Names: [...more.Names] }))
  app = lifetime.use(await launchApp({ shell: 'browser', engineSocket: engine.socketPath }))
  await app.page.getByText('Engine ready').first().waitFor()
}, 300_000)
afterAll(() => lifetime.disposeAsync())

interface Violation {
  id: string
  nodes: { target: string[]; failureSummary?: string }[]
}
/** The page's policy lets no script in; a debugger's evaluation is not bound by it. */
async function violations(): Promise<string[]> {
  if (!(await app.page.evaluate(() => 'axe' in window))) await app.page.evaluate(axe)
  const found = (await app.page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'label-content-name-mismatch': { enabled: true } }, resultTypes: ['violations'] }).then((result) => result.violations)`)) as Violation[]
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary?.split('\n').slice(1).join(';').trim() ?? ''}`))
}

/** Vue draws in the next frame; what slides in does not with reduced motion. */
const drawn = () => app.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

test.each(pages)('%s, light and dark', async (path) => {
  await app.page.evaluate((to) => void (location.hash = to), path)
  await app.page.locator('main').getByRole('heading').or(app.page.getByRole('dialog')).first().waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await drawn()
    expect.soft(await violations(), colorScheme).toEqual([])
  }
  await app.page.keyboard.press('Escape')
})

test('the palette, and the keys', async () => {
  for (const keys of ['Control+k', '?']) {
    await app.page.keyboard.press(keys)
    await app.page.getByRole('dialog').waitFor()
    await drawn()
    expect.soft(await violations(), keys).toEqual([])
    await app.page.keyboard.press('Escape')
    await app.page.getByRole('dialog').waitFor({ state: 'hidden' })
  }
})

test('at 200 % zoom nothing that can be pressed is out of reach', async () => {
  // Twice as large is half as many pixels: https://www.w3.org/WAI/WCAG22/Understanding/resize-text.html
  await app.page.setViewportSize({ width: 960, height: 540 })
  for (const path of ['/containers', '/logs?running', '/settings', '/networks']) {
    await app.page.evaluate((to) => void (location.hash = to), path)
    await drawn()
    const beyond = await app.page.evaluate(() => [...document.querySelectorAll<HTMLElement>('main button, main a, main input')].filter((element) => element.offsetParent !== null && element.getBoundingClientRect().left >= window.innerWidth && !element.closest('[class*=overflow-auto], .vue-flow')).map((element) => element.outerHTML.slice(0, 120)))
    expect(beyond, path).toEqual([])
  }
})
