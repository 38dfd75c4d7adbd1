import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** A folder with a lock file, this set-up, and an npm that writes down what it was asked, waits for a word, and installs or ends itself as it says. */
let folder: string
const started: ChildProcess[] = []
const npm = `#!/bin/sh
echo "$1" >> calls
read word < gate
[ "$word" = die ] && kill -9 $$
rm -rf node_modules; mkdir -p node_modules/a node_modules/node/bin; : > node_modules/node/bin/node
echo '{"packages":{"node_modules/a":{"version":"1.0.0"}}}' > node_modules/.package-lock.json
`
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-dependencies-'))
  for (const name of ['scripts', 'bin']) mkdirSync(join(folder, name))
  for (const name of ['dependencies.mjs', 'project.mjs']) copyFileSync(join(import.meta.dirname, name), join(folder, 'scripts', name))
  writeFileSync(join(folder, 'package-lock.json'), '{"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}')
  writeFileSync(join(folder, 'bin/npm'), npm)
  chmodSync(join(folder, 'bin/npm'), 0o755)
  writeFileSync(join(folder, 'calls'), '')
  execFileSync('mkfifo', [join(folder, 'gate')])
})
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  const npmAtWork = join(folder, '.cache/npm.pid')
  if (existsSync(npmAtWork)) process.kill(Number(readFileSync(npmAtWork, 'utf8')), 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function start() {
  const child = spawn(process.execPath, ['-e', "import('./scripts/dependencies.mjs').then(({ ensureDependencies }) => ensureDependencies())"], { cwd: folder, env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` }, stdio: ['ignore', 'ignore', 'pipe'] })
  started.push(child)
  const said = { text: '' }
  child.stderr!.on('data', (chunk) => (said.text += String(chunk)))
  return { child, said, ended: once(child, 'close').then(([code]) => code as number | null) }
}
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').split('\n').filter(Boolean)
const answer = (word: string) => writeFile(join(folder, 'gate'), `${word}\n`)

test('a start that is killed leaves npm at work: the next one waits for it and installs nothing again', async () => {
  const first = start()
  await expect.poll(calls).toEqual(['ci'])
  first.child.kill('SIGKILL')
  await first.ended
  const second = start()
  await expect.poll(() => second.said.text).toContain('waiting for it')
  await answer('install')
  expect(await second.ended).toBe(0)
  expect(await start().ended).toBe(0)
  expect(calls()).toEqual(['ci'])
})

test('an installation that was cut is told as that, and made anew', async () => {
  const first = start()
  await expect.poll(calls).toEqual(['ci'])
  await answer('die')
  expect(await first.ended).toBe(1)
  expect(first.said.text).toContain('npm ci failed:\nit was ended by SIGKILL')
  const second = start()
  await answer('install')
  expect(await second.ended).toBe(0)
  // As an `npm ci` by hand leaves it when it is interrupted.
  rmSync(join(folder, 'node_modules/.package-lock.json'))
  const third = start()
  await answer('install')
  expect(await third.ended).toBe(0)
  expect(calls()).toEqual(['ci', 'ci', 'ci'])
})
