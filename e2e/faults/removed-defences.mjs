// Takes one defence after another out of a copy of the project and expects its test to fail.   npm run defences [-- CASE…]
// The cases are those of docs/attacks.md. What a line here takes out is the defence itself, not the words that tell of it; where the defence is that something is
// never done, the line has it done.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inRoot } from '../../scripts/project.mjs'
import { DEFENCES } from './defences.ts'

const asked = process.argv.slice(2).map(Number)
const copy = mkdtempSync(join(tmpdir(), 'slipway-defences-'))
try {
  for (const file of execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: inRoot('.'), encoding: 'utf8' }).split('\0').filter(Boolean)) cpSync(inRoot(file), join(copy, file))
  symlinkSync(inRoot('node_modules'), join(copy, 'node_modules'))
  for (const built of ['resources/bin', 'native/shim/build', 'native/init/build']) cpSync(inRoot(built), join(copy, built), { recursive: true })
  const kept = DEFENCES.filter(([number]) => asked.length === 0 || asked.includes(number)).map((defence) => ({ defence, outcome: without(...defence) }))
  const silent = kept.filter(({ outcome }) => outcome !== 'seen')
  process.stdout.write(`${kept.length - silent.length} of ${kept.length} removals were seen by their test\n`)
  process.exitCode = silent.length === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

/** @param {number} number @param {string} file @param {string | RegExp} from @param {string} to @param {string} test @param {string} title */
function without(number, file, from, to, test, title) {
  const place = join(copy, file)
  const whole = readFileSync(place, 'utf8')
  const changed = whole.replace(from, () => to)
  if (changed === whole) return told(number, file, 'is no longer there to be removed')
  const [project = '', path = ''] = test.split(' ')
  const native = file.startsWith('native/') ? join(copy, dirname(dirname(file))) : undefined
  const rebuild = () => native && execFileSync('make', ['-s', '-C', native, 'install', 'asan'])
  const run = () => spawnSync('npx', ['vitest', 'run', '--project', project, path, ...(title ? ['-t', title.replace(/[()]/g, '.')] : [])], { cwd: copy, encoding: 'utf8', timeout: 300_000 })
  if (run().status !== 0) return told(number, file, 'cannot be tried: its test fails as it is')
  writeFileSync(place, changed)
  rebuild()
  const { status, stdout } = run()
  writeFileSync(place, whole)
  rebuild()
  if (status === 0) return told(number, file, /Tests .*passed/.test(stdout) ? 'was not missed' : 'has no test of that name')
  // What ends the process shows as an error that belongs to no test.
  return told(number, file, /Tests .*failed|Errors .*error/.test(stdout) ? 'seen' : `could not be tried: ${stdout.slice(-300)}`)
}

/** @param {number} number @param {string} file @param {string} outcome */
function told(number, file, outcome) {
  process.stdout.write(`case ${number}, ${file}: ${outcome}\n`)
  return outcome
}
