import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** How the app came onto this machine: as something that can replace itself, from the system's packages, or unpacked by hand. */
export function packageKind(resources: string, platform: NodeJS.Platform = process.platform, environment: NodeJS.ProcessEnv = process.env): 'itself' | 'packages' | 'archive' {
  if (platform === 'darwin') return 'itself'
  if (platform === 'win32') return environment['PORTABLE_EXECUTABLE_FILE'] ? 'archive' : 'itself'
  if (environment['APPIMAGE']) return 'itself'
  // electron-builder writes it into packages that a package manager installs.
  return ['deb', 'rpm', 'pacman'].includes(read(join(resources, 'package-type'))?.trim() ?? '') ? 'packages' : 'archive'
}

/** Where releases are told, and whose signature they must have. A build without either has no feed. */
export function readFeed(resources: string, keyFile: string): { url: string; publicKey: string } | undefined {
  const [config, publicKey] = [read(join(resources, 'app-update.yml')), read(keyFile)]
  if (config === undefined || publicKey === undefined) return undefined
  const { url } = (parse(config) ?? {}) as { url?: unknown }
  return typeof url === 'string' && URL.canParse(url) ? { url, publicKey } : undefined
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
