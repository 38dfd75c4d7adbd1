// Everything between a fresh clone and a program that runs. Quiet and quick when there is nothing to do.
//   node scripts/setup.mjs [--tests]
import { fileURLToPath } from 'node:url'
import { ensureDependencies } from './dependencies.mjs'
import { ensureElectron } from './electron.mjs'
import { ensureNative } from './native.mjs'
import { ensurePackages } from './packages.mjs'
import { say } from './project.mjs'

/** `tests`: the tools of the tests as well. `electron`: the desktop's binary as well. `again`: try what failed before. */
export function setup({ tests = false, electron = true, again = false } = {}) {
  ensurePackages({ tests, again })
  try {
    ensureDependencies()
  } catch (error) {
    say(error.message)
    process.exit(1)
  }
  ensureNative()
  if (electron) ensureElectron({ again })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setup({ tests: process.argv.includes('--tests'), again: true })
  say('ready')
}
