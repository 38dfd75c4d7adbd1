// Every address of the app on the fake engine, for looking at and measured.
// `--more '&on=lab'` looks at another engine, which manages a cluster.
//   node e2e/app/looks.mjs FOLDER [--scene some,many] [--theme light,dark,contrast,forced-dark] [--language en,fr] [--size 1280x800,900x700] [--zoom 2] [--only PATTERN] [--check]
// Pictures go into FOLDER; what is cut off, lies outside of the window or (--check) breaks WCAG is told by address. Makes no container: it needs neither root nor an engine.
/* global window, document, location, innerWidth, getComputedStyle, MutationObserver */
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { serveLooks } from '../fixtures/looks-build.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scene: { type: 'string', default: 'some' },
    theme: { type: 'string', default: 'light' },
    language: { type: 'string', default: 'en' },
    size: { type: 'string', default: '1280x800' },
    zoom: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    more: { type: 'string', default: '' },
    check: { type: 'boolean', default: false },
  },
})
const folder = resolve(positionals[0] ?? 'looks')
const axe = values.check ? await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8') : undefined
const list = (text) => text.split(',')

/** Container, image, volume and network by name: `{web}`. What is behind `>` is pressed there. */
const TABS = ['overview', 'logs', 'terminal', 'files', 'changes', 'stats', 'processes', 'events', 'inspect']
const DIALOGS = ['rename', 'kill', 'commit', 'duplicate', 'recipe']
const ADDRESSES = {
  any: ['/', '/containers', '/images', '/build', '/volumes', '/networks', '/networks > List', '/networks > Canvas', '/ports', '/ports > List', '/ports > Board', '/logs', '/compose', '/engine', '/engine > Check everything', '/settings', '/connections', '/cluster', '/containers?run', '/images?pull', '/images?load', '/images?share', '/volumes?create', '/volumes?restore', '/volumes?prune', '/networks?new', '/?cleanup', '/settings?diagnostics', '/settings?licences', '/settings?moveData', '/settings?q=log', '/?look > Ctrl K'],
  full: [
    '/containers?run=nginx:latest', '/containers?q=state:running', '/containers?q=nothing-like-it', '/images?q=zzz',
    ...TABS.map((tab) => `/containers/{web}/${tab}`), '/containers/{web}/overview?wide', '/containers/{web}/stats?wide', '/containers/{web}/logs?wide', '/containers/{migrate}/overview', '/containers/{migrate}/logs', '/containers/{nightly-worker-with-a-rather-long-name}/overview', '/containers/{trusting_hopper}/terminal', '/containers/gone/overview',
    ...DIALOGS.map((name) => `/containers?${name}={web}`), '/containers?edit={web}', '/containers?mount-in={web}&path=/home/ada/site',
    '/images/{nginx:1.27}/overview', '/images/{nginx:1.27}/layers', '/images/{nginx:1.27}/layers?wide', '/images/{nginx:1.27}/inspect', '/images?push=nginx:1.27', '/images?tag=nginx:1.27', '/images?pull=nope',
    '/everywhere/containers', '/everywhere/images', '/everywhere/networks?engine=lab', '/connections?add', '/connections?connection=lab', '/volumes/shop-database-data/files?file=notes.txt', '/containers?run=nginx:latest > All', '/build/b4', '/build/b3', '/volumes/shop-database-data/overview', '/volumes/shop-database-data/files', '/volumes?clone=shop-database-data',
    '/networks/{shop_default}', '/networks/containers/{web}/overview', '/logs?running', '/compose?file=/home/ada/projects/shop/compose.yaml', '/compose?file=/home/ada/projects/shop/compose.yaml&as=list', '/compose?file=/gone',
    '/cluster?view=nodes', '/cluster?view=services', '/cluster?view=files', '/cluster/nodes/node1', '/cluster/nodes/node6?view=nodes', '/cluster/services/svc-shop_worker/tasks', '/cluster/services/svc-thumbnails/tasks?view=services', '/cluster/services/svc-shop_storefront/overview?view=services', '/cluster/services/svc-shop_storefront/logs?view=services', '/cluster?join', '/cluster?service=new', '/cluster?service=edit:svc-shop_storefront', '/cluster?secret', '/cluster?config=file-shop_site', '/cluster?labels=node1', '/cluster?stack', '/containers?move=project:shop', '/containers?move=container:web', '/compose?kubernetes=project:shop', '/containers?kubernetes=container:web', '/containers?kubernetes=compose:/gone/compose.yaml', '/compose?kubernetes=project:shop&apply', '/compose?kubernetes=project:shop&apply > Apply it',
  ],
}

await mkdir(folder, { recursive: true })
const server = await serveLooks()
const browser = await chromium.launch({ executablePath: process.env['SLIPWAY_CHROMIUM'] ?? '/usr/bin/chromium', args: ['--disable-gpu', '--disable-3d-apis', ...(process.geteuid?.() === 0 ? ['--no-sandbox'] : [])] })
const findings = []
const looks = list(values.scene).flatMap((scene) => list(values.language).flatMap((language) => list(values.theme).flatMap((theme) => list(values.size).map((size) => ({ scene, language, theme, size })))))
// Two at a time: most of the time is spent waiting for a page to come to rest.
await Promise.all([0, 1].map(async () => { for (let next = looks.shift(); next; next = looks.shift()) await look(next) }))
for (const finding of [...new Set(findings)]) console.log(finding)
await browser.close()
await server[Symbol.asyncDispose]()

async function look({ scene, language, theme, size }) {
  const [width, height] = size.split('x').map((side) => Math.round(Number(side) / Number(values.zoom)))
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: Number(values.zoom), locale: language, colorScheme: /dark/.test(theme) ? 'dark' : 'light', contrast: /contrast/.test(theme) ? 'more' : 'no-preference', forcedColors: /forced/.test(theme) ? 'active' : 'none', reducedMotion: 'reduce' })
  context.setDefaultTimeout(120_000)
  const page = await context.newPage()
  const name = [scene, language, theme, size, ...(values.zoom === '1' ? [] : [`x${values.zoom}`])].join(' ')
  let at = ''
  page.on('pageerror', (error) => findings.push(`${name} ${at}: ${error.message}`))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && findings.push(`${name} ${at}: ${message.text().split('\n')[0]}`))
  await page.goto(`${server.address}?fake=${scene}&language=${language}&appearance=system${values.more}`)
  await page.locator('main').waitFor()
  const ids = await page.evaluate(async () => {
    const read = async (path) => (await window.slipway.call('look', path, {})).value ?? []
    const [containers, images, networks] = await Promise.all(['containers.list', 'images.list', 'networks.list'].map(read))
    return Object.fromEntries([...networks.map(({ name, id }) => [name, id]), ...containers.map(({ name, id }) => [name, id]), ...images.map(({ tags, id }) => [tags[0], id])])
  })
  if (axe) await page.evaluate(axe)
  for (const address of [...ADDRESSES.any, ...(['some', 'many'].includes(scene) ? ADDRESSES.full : [])].filter((each) => new RegExp(values.only).test(each))) {
    at = address
    const to = address.split(' > ')[0].replace(/\{([^}]+)\}/g, (_, one) => encodeURIComponent(ids[one] ?? one))
    await page.evaluate((path) => void (location.hash = path), '/settings?look')
    await page.evaluate((path) => void (location.hash = path), to)
    const press = address.split(' > ')[1]
    if (press === 'Ctrl K') await page.keyboard.press('Control+k')
    else if (press === 'All') for (const fold of await page.getByRole('dialog').locator('button[aria-expanded=false]').all()) await fold.click({ timeout: 3_000 }).catch(() => undefined)
    else if (press) await page.getByText(press, { exact: true }).click({ timeout: 3_000 }).catch(() => findings.push(`${name} ${address}: has no ${press}`))
    await page.evaluate(atRest)
    const file = `${address === '/' ? 'home' : address.slice(1)}`.replace(/[^\w.-]+/g, '_')
    await page.screenshot({ animations: 'disabled', path: join(folder, `${file}.${name.replaceAll(' ', '.')}.png`) })
    for (const finding of await page.evaluate(cutOff)) findings.push(`${name} ${address}: ${finding}`)
    if (axe) for (const finding of await violations(page)) findings.push(`${name} ${address}: ${finding}`)
    if (press === 'Ctrl K') await page.keyboard.press('Escape')
  }
  await context.close()
}

/** Nothing has changed on the page for 250 ms; what never rests (curves, logs that are followed) is looked at after 1.5 s. */
function atRest() {
  return new Promise((resolve) => {
    let rest = setTimeout(done, 400)
    const latest = setTimeout(done, 1500)
    const changes = new MutationObserver(() => { clearTimeout(rest); rest = setTimeout(done, 250) })
    changes.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
    function done() { changes.disconnect(); clearTimeout(rest); clearTimeout(latest); resolve() }
  })
}

/** Texts that end before their end without saying so, and controls out of reach. */
function cutOff() {
  const found = []
  const words = (element) => `“${(element.textContent || element.getAttribute('aria-label') || '').trim().slice(0, 60)}” <${element.tagName.toLowerCase()} ${String(element.className?.baseVal ?? element.className).slice(0, 60)}>`
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('.vue-flow, .xterm, .cm-editor, svg, [aria-hidden=true], .sr-only')) continue
    const box = element.getBoundingClientRect()
    if (box.width === 0 || box.height === 0) continue
    const style = getComputedStyle(element)
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
    if (own && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && style.textOverflow !== 'ellipsis' && !['auto', 'scroll'].includes(style.overflowX) && style.display !== 'inline') found.push(`cut off: ${words(element)}`)
    if (own && style.textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth + 1 && element.closest('button, [role=tab], label, th, h1, h2, h3, [role=columnheader]')) found.push(`shortened: ${words(element)}`)
    if (element.matches('button, a, input') && (box.left >= innerWidth - 4 || box.right > innerWidth + 1) && !element.closest('[class*=overflow-auto], [class*=overflow-x-auto]')) found.push(`out of the window: ${words(element)}`)
    if (element.matches('button') && own && box.height > 40 && element.querySelectorAll('*').length < 4) found.push(`a button in two lines: ${words(element)}`)
  }
  return found
}

async function violations(page) {
  const found = await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'label-content-name-mismatch': { enabled: true } }, resultTypes: ['violations'] }).then((result) => result.violations)`)
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary?.split('\n').slice(1).join(';').trim() ?? ''}`))
}
