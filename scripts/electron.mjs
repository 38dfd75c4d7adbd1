// Electron's binary: its npm package holds only a downloader, and the place it loads from is not reachable from everywhere.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasStamp, inRoot, PROJECT_NODE, say, writeStamp } from './project.mjs'

const DEADLINE = 60_000
const folder = inRoot('node_modules', 'electron')

/** Path of the Electron binary, or undefined. */
export function electronBinary() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  const candidates = [...(override ? [join(override, 'electron')] : []), join(folder, 'dist', 'electron')]
  return candidates.find((path) => existsSync(path))
}

/** Tries to load it, once for each version; `again`: even when that failed before. */
export function ensureElectron({ again = false } = {}) {
  if (electronBinary() || !existsSync(join(folder, 'install.js'))) return
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (!again && hasStamp('electron-refused', version)) return
  say("loading Electron's binary (for at most a minute)")
  const { status, error } = spawnSync(PROJECT_NODE, ['install.js'], { cwd: folder, stdio: 'ignore', timeout: DEADLINE, killSignal: 'SIGKILL' })
  if (status === 0 && electronBinary()) return
  writeStamp('electron-refused', version)
  say(`Electron's binary could not be loaded${error ? ` (${error.code})` : ''}; Slipway opens in the browser instead. \`npm run setup\` tries again.`)
}
