import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const projectRoot = join(import.meta.dirname, '../../..')

/** Path of Electron's binary, or undefined: its npm package holds only a downloader. */
export function electronBinary(): string | undefined {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  const candidates = [...(override ? [join(override, 'electron')] : []), join(projectRoot, 'node_modules/electron/dist/electron')]
  return candidates.find((path) => existsSync(path))
}
