// npm's part of the setup: node_modules as package-lock.json says, and the project's Node.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { hashFiles, hasStamp, inRoot, PROJECT_NODE, say, writeStamp } from './project.mjs'

/** Installs when node_modules is not what the lock file asks for. @throws when npm fails: nothing works without. */
export function ensureDependencies() {
  const wanted = hashFiles([inRoot('package-lock.json')])
  waitForAnother()
  if (!(hasStamp('dependencies', wanted) && existsSync(HIDDEN_LOCK)) && !matchesLock()) {
    say('installing npm packages')
    install()
  }
  // The package `node` fetches its binary, a package of its own, by its install script; no other script is run.
  if (!existsSync(PROJECT_NODE)) npm(['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts'])
  writeStamp('dependencies', wanted)
}

/** What npm writes last, and takes away first: without it an installation was cut. */
const HIDDEN_LOCK = inRoot('node_modules', '.package-lock.json')
/** Holds the process id of the npm at work in this folder. */
const AT_WORK = inRoot('.cache', 'npm.pid')

/** npm goes on when the start that needed it is killed, and two of them in one folder take each other's files away. */
function waitForAnother() {
  const pid = existsSync(AT_WORK) ? readFileSync(AT_WORK, 'utf8').trim() : ''
  if (!isNpm(pid)) return
  say(`another start is installing npm packages (process ${pid}): waiting for it`)
  const never = new Int32Array(new SharedArrayBuffer(4))
  while (isNpm(pid)) Atomics.wait(never, 0, 0, 200)
}

const isNpm = (pid) => /^\d+$/.test(pid) && /\bnpm\b/.test(wordsOf(pid))

/** The command line of a process; Linux tells it without a program, which a small system may lack. */
function wordsOf(pid) {
  if (!existsSync('/proc/self/cmdline')) return spawnSync('ps', ['-o', 'args=', '-p', pid], { encoding: 'utf8' }).stdout ?? ''
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Whether what npm says it installed is what the lock file asks for, so that `npm install` is not undone by a second install. */
function matchesLock() {
  if (!existsSync(HIDDEN_LOCK)) return false
  const there = JSON.parse(readFileSync(HIDDEN_LOCK, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(([path, entry]) => path === '' || entry.link || (there[path] ? there[path].version === entry.version : entry.optional || entry.devOptional))
}

/**
 * `npm ci` refuses a lock file that lacks optional packages of other platforms, and npm writes such a file where the registry does not
 * carry them. `npm install` takes the versions from the lock file all the same; --no-save leaves the file alone.
 */
function install() {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund']
  if (!npm(['ci', ...options], { mayRefuse: true })) npm(['install', '--no-save', ...options])
}

/** False when npm refused the lock file (EUSAGE). @throws with npm's words for any other failure. */
function npm(args, { mayRefuse = false } = {}) {
  mkdirSync(inRoot('.cache'), { recursive: true })
  const { status, signal, stdout, stderr, error } = spawnSync('sh', ['-c', 'echo $$ > "$0"; exec npm "$@"', AT_WORK, ...args], { cwd: inRoot(), encoding: 'utf8', env: { ...process.env, npm_config_loglevel: 'error' } })
  rmSync(AT_WORK, { force: true })
  if (status === 0) return true
  if (mayRefuse && stderr?.includes('EUSAGE')) return false
  const words = error?.message ?? (signal ? `it was ended by ${signal}` : stderr || stdout)
  throw new Error(`npm ${args[0]} failed:\n${words.trim()}`)
}
