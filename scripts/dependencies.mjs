// npm's part of the setup: node_modules as package-lock.json says, and the project's Node.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { hashFiles, hasStamp, inRoot, PROJECT_NODE, say, writeStamp } from './project.mjs'

/** Installs when node_modules is not what the lock file asks for. @throws when npm fails: nothing works without. */
export function ensureDependencies() {
  const wanted = hashFiles([inRoot('package-lock.json')])
  if (!(hasStamp('dependencies', wanted) && existsSync(inRoot('node_modules'))) && !matchesLock()) {
    say('installing npm packages')
    install()
  }
  // The package `node` fetches its binary, a package of its own, by its install script; no other script is run.
  if (!existsSync(PROJECT_NODE)) npm(['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts'])
  writeStamp('dependencies', wanted)
}

/** Whether what npm says it installed is what the lock file asks for, so that `npm install` is not undone by a second install. */
function matchesLock() {
  const hidden = inRoot('node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const there = JSON.parse(readFileSync(hidden, 'utf8')).packages
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
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd: inRoot(), encoding: 'utf8', env: { ...process.env, npm_config_loglevel: 'error' } })
  if (status === 0) return true
  if (mayRefuse && stderr?.includes('EUSAGE')) return false
  const words = error?.message ?? (stderr || stdout)
  throw new Error(`npm ${args[0]} failed:\n${words.trim()}`)
}
