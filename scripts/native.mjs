// The native parts: the shim and the system calls, plain C by make.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
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
