import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../fixtures/engine.ts'

const PROJECT = join(import.meta.dirname, '../..')
const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64']

export interface Packages {
  deb(version: string): string
  /** There where rpmbuild is. */
  rpm(version: string): string
  depends(version: string): string
  /** Folders with what is in it, control files included. */
  unpacked(version: string): string
  unpackedArchive(version: string): string
}

/** The packages of the stand-in, as releases of these versions. */
export async function buildPackages(folder: string, versions: readonly string[]): Promise<Packages> {
  for (const version of versions) {
    const { code, output } = await run(process.execPath, [join(PROJECT, 'scripts/package.mjs'), '--output', folder, '--version', version], { timeout: 300_000 })
    if (code !== 0) throw new Error(`The package could not be built: ${output}`)
  }
  const path = (version: string, ending: string) => join(folder, `slipway_${version}-stand-in_${architecture}.${ending}`)
  const unpack = (name: string, program: string, args: (to: string) => string[]) => {
    const to = join(folder, name)
    if (!existsSync(to)) {
      mkdirSync(to)
      execFileSync(program, args(to))
    }
    return to
  }
  return {
    deb: (version) => path(version, 'deb'),
    rpm: (version) => path(version, 'rpm'),
    depends: (version) => execFileSync('dpkg-deb', ['--field', path(version, 'deb'), 'Depends'], { encoding: 'utf8' }).trim(),
    unpacked: (version) => unpack(`deb-${version}`, 'dpkg-deb', (to) => ['--raw-extract', path(version, 'deb'), to]),
    unpackedArchive: (version) => unpack(`archive-${version}`, 'tar', (to) => ['-C', to, '-xzf', path(version, 'tar.gz')]),
  }
}
