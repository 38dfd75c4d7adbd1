// The native parts: the shim and the system calls, plain C by make.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hashFiles, hasStamp, inRoot, say, writeStamp } from './project.mjs'

const PARTS = [
  { name: 'shim', product: 'resources/bin/slipway-shim' },
  { name: 'init', product: 'resources/bin/slipway-init' },
  { name: 'syscalls', product: 'resources/bin/slipway-syscalls.node' },
]

/** Builds what changed. Says why when it cannot, and goes on: the engine tells what is missing without it. */
export function ensureNative() {
  for (const { name, product } of PARTS) {
    const folder = inRoot('native', name)
    const hash = hashFiles([`${folder}/src`, `${folder}/Makefile`])
    if (existsSync(inRoot(product)) && hasStamp(`native-${name}`, hash)) continue
    const { status, stderr, error } = spawnSync('make', ['-s', '-C', folder, 'install'], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
    if (status === 0) writeStamp(`native-${name}`, hash)
    else say(`native/${name} could not be built: ${error?.message ?? stderr.trim()}`)
  }
}

/** As Debian names what builds for them elsewhere. */
const COMPILERS = {
  x64: { compiler: 'x86_64-linux-gnu-gcc', packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross' },
  arm64: { compiler: 'aarch64-linux-gnu-gcc', packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
}

/** Where a package for that machine takes its native parts from (electron-builder.yml). */
export const nativeFor = (architecture) => inRoot('.cache', 'native', architecture)

/** Builds all of them for a machine of that architecture, whatever this one is. @throws what is missing for that */
export function buildNativeFor(architecture) {
  const known = COMPILERS[architecture]
  if (!known) throw new Error(`The engine is built for ${Object.keys(COMPILERS).join(' and ')}, not for ${architecture}.`)
  const words = architecture === process.arch && process.platform === 'linux' ? [] : [`CC=${crossCompiler(architecture, known)}`]
  for (const { name } of PARTS) {
    const folder = inRoot('native', name)
    const { status, stderr, error } = spawnSync('make', ['-s', '-C', folder, 'install', `BUILD=${join('build', architecture)}`, `DEST=${nativeFor(architecture)}`, ...words], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
    if (status !== 0) throw new Error(`native/${name} could not be built for ${architecture}: ${error?.message ?? stderr.trim()}`)
  }
  return nativeFor(architecture)
}

function crossCompiler(architecture, { compiler, packages }) {
  if (spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status === 0) return compiler
  throw new Error(`A package for ${architecture} needs programs built for it, and ${compiler} is not here. Install it (Debian: apt-get install ${packages}), or build on such a machine.`)
}
