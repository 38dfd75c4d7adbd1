// Every check of the project.   npm test [-- static|unit|host|e2e …]   The last line is `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { electronBinary } from './electron.mjs'
import { continueUnderProjectNode } from './node.mjs'
import { missingForTests } from './packages.mjs'
import { inRoot, PROJECT_NODE, ROOT, say } from './project.mjs'
import { setup } from './setup.mjs'

setup({ tests: true })
await continueUnderProjectNode()

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const asked = (group) => wanted.length === 0 || wanted.includes(group)
const environment = { ...process.env, PATH: `${inRoot('node_modules/.bin')}:${dirname(PROJECT_NODE)}:${process.env.PATH}` }
const total = { passed: 0, failed: 0 }
/** What failed, told again at the end: the run is long, and a log may keep its last lines only. @type {string[]} */
const failures = []
/** What failed at first and passed when its file went again: a fault of the test or of the product, to be looked for. @type {string[]} */
const unsteady = []

tellWhatIsDriven()
if (asked('static')) {
  // Two cores: two at a time.
  await Promise.all([check('types', 'vue-tsc', ['-b']), check('imports', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'src'])])
  await Promise.all([check('lint', 'eslint', ['.', '--max-warnings', '0']), check('unused code', 'knip', [])])
  await checkNative()
}
for (const project of ['unit', 'host', 'e2e']) {
  if (!asked(project)) continue
  if (project === 'e2e') await makeFixtures()
  await vitest(project)
}
for (const test of unsteady) process.stdout.write(`only at the second try: ${test}\n`)
for (const failure of failures) process.stdout.write(`✗ ${failure}\n`)
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`)
process.exit(total.failed === 0 ? 0 : 1)

/** First lines: what the run can see of the real thing, and what it cannot. */
function tellWhatIsDriven() {
  const electron = electronBinary()
  const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
  const version = chromium && spawnSync(chromium, ['--version'], { encoding: 'utf8' }).stdout?.trim()
  process.stdout.write(`electron: ${electron ?? 'no binary on this machine; the built app is driven with the stand-in of e2e/electron-stand-in'}\n`)
  process.stdout.write(`browser: ${version ? `${version} (${chromium})` : 'none; journeys are not driven'}\n`)
  process.stdout.write(`node: ${process.version}; user: ${process.getuid() === 0 ? 'root' : 'not root, so host tests that need root fail'}\n`)
  const missing = missingForTests()
  if (missing.length > 0) say(`tests that need ${missing.join(', ')} will fail`)
}

/** One tool, one check: silent when it passes. */
async function check(name, program, args) {
  const { code, output } = await run(program, args)
  report(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1)
  if (code === 0) return
  process.stdout.write(`${output.trimEnd()}\n`)
  failures.push(`${name}\n${lastLines(output)}`)
}

/** What the journeys share, made once and where there is a network. */
async function makeFixtures() {
  await Promise.all([check('the app, built', PROJECT_NODE, [inRoot('scripts/build.mjs')]), check('an image of nginx', 'bash', [inRoot('e2e/fixtures/nginx-image.sh'), inRoot('.cache/fixtures/nginx')])])
}

async function checkNative() {
  for (const part of readdirSync(inRoot('native'))) {
    if (!/^test:/m.test(readFileSync(inRoot('native', part, 'Makefile'), 'utf8'))) continue
    await check(`native/${part}`, 'make', ['-s', '-C', inRoot('native', part), 'test'])
  }
}

/** Files of these projects come one at a time, since each has the ports of the machine to itself. Root gives every half of them a network of its own, so that they can go side by side. */
async function vitest(project) {
  const halves = project !== 'unit' && process.getuid() === 0 ? 2 : 1
  const runs = await Promise.all(Array.from({ length: halves }, (_, index) => runFiles(project, `${index + 1}`, { network: halves > 1, words: halves > 1 ? [`--shard=${index + 1}/${halves}`] : [] })))
  const files = runs.flatMap(({ results }) => results?.testResults ?? [])
  const told = await secondTries(project, files, halves > 1)
  for (const file of told) failures.push(...failuresOf(file))
  // Errors outside any test count as one.
  const outside = runs.filter(({ results, code }) => code !== 0 && !results?.testResults.some(hasFailed)).length
  if (outside > 0) failures.push(`${project} tests: an error outside any test (above)`)
  const [passed, failed] = countTests(told)
  report(`${project} tests`, passed, failed + outside)
}

/** What failed on a machine shared with others may have waited too long: a few such files go once more, whole and by themselves, and are named at the end. */
async function secondTries(project, files, network) {
  const failed = files.filter(hasFailed)
  if (failed.length === 0 || failed.length > 4) return files
  const { results } = await runFiles(project, 'again', { network, words: failed.map(({ name }) => relative(ROOT, name)) })
  const again = new Map(results?.testResults.map((file) => [file.name, file]))
  const steadied = failed.filter(({ name }) => again.has(name) && !hasFailed(again.get(name)))
  unsteady.push(...steadied.flatMap(failuresOf))
  return files.map((file) => (steadied.includes(file) ? again.get(file.name) : file))
}

/** The second half is seen when it has ended, the others as they go. */
async function runFiles(project, name, { network, words }) {
  const file = inRoot('.cache', `vitest-${project}-${name}.json`)
  rmSync(file, { force: true })
  mkdirSync(dirname(file), { recursive: true })
  const command = ['vitest', 'run', '--project', project, '--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...words]
  const [program, ...rest] = network ? ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command] : command
  const { code, output } = await run(program, rest, name === '2' ? 'pipe' : 'inherit')
  if (name === '2') process.stdout.write(output)
  return { code, results: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined }
}

function hasFailed(file) {
  return file.status === 'failed' || file.assertionResults.some((test) => test.status === 'failed')
}

/** Passed and failed; a file that cannot even be loaded has no tests to fail, so it counts itself. */
function countTests(files) {
  const tests = files.flatMap((file) => file.assertionResults)
  const broken = files.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')).length
  return [tests.filter((test) => test.status === 'passed').length, tests.filter((test) => test.status === 'failed').length + broken]
}

function failuresOf(file) {
  const failed = file.assertionResults.filter((test) => test.status === 'failed')
  return failed.length === 0 && file.status === 'failed' ? [`${relative(ROOT, file.name)}\n${lastLines(file.message)}`] : told(file, failed)
}

/** Where, which, and the beginning of why. */
function told(file, tests) {
  return tests.map((test) => `${relative(ROOT, file.name)}: ${test.fullName}\n${test.failureMessages.map(firstLines).join('\n')}`)
}

function firstLines(text) {
  const told = text.trim().split('\n').filter((line) => !line.includes('/node_modules/'))
  return indented(told.slice(0, 12))
}

function lastLines(text) {
  return indented(text.trim().split('\n').slice(-12))
}

function indented(lines) {
  return lines.map((line) => `    ${line.slice(0, 300)}`).join('\n')
}

function report(name, passed, failed) {
  total.passed += passed
  total.failed += failed
  process.stdout.write(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed\n`)
}

async function run(program, args, stdio = 'pipe') {
  const child = spawn(program, args, { cwd: ROOT, env: environment, stdio: ['ignore', stdio, stdio] })
  const chunks = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk))
  const code = await new Promise((resolve) => {
    child.once('error', (error) => (chunks.push(Buffer.from(error.message)), resolve(1)))
    child.once('close', resolve)
  })
  return { code, output: Buffer.concat(chunks).toString('utf8') }
}
