// Builds into out/ what is older than its sources.   node scripts/build.mjs [--force] [main] [preload] [renderer]
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { continueUnderProjectNode } from './node.mjs'
import { writeLicences } from './licences.mjs'
import { hashFiles, hasStamp, inRoot, ROOT, say, writeStamp } from './project.mjs'

const SHARED = ['src/shared', 'packaging/linux/slipway.1', 'package-lock.json', 'package.json', 'electron.vite.config.ts', 'scripts/licences.mjs', 'tsconfig.base.json']
const SECTIONS = {
  main: { sources: ['src/main', ...SHARED], product: 'out/main/engine.js' },
  preload: { sources: ['src/preload', ...SHARED], product: 'out/preload/index.cjs' },
  renderer: { sources: ['src/renderer', ...SHARED], product: 'out/renderer/index.html' },
}

/** Builds the sections that are out of date. @throws what the bundler says. */
export async function build({ only = Object.keys(SECTIONS), force = false } = {}) {
  const stale = only.map((name) => ({ name, hash: hashOf(name) })).filter(({ name, hash }) => force || !isBuilt(name, hash))
  if (stale.length === 0) return
  const { resolveConfig } = await import('electron-vite')
  const { build: bundle } = await import('vite')
  process.env.NODE_ENV_ELECTRON_VITE ??= 'production'
  const { config } = await resolveConfig({ root: ROOT }, 'build', 'production')
  for (const { name, hash } of stale) {
    say(`building ${name}`)
    await bundle({ ...config[name], logLevel: 'warn' })
    writeStamp(`built-${name}`, hash)
  }
  writeLicences()
  // As packages have it: small, and without a time in it.
  writeFileSync(inRoot('out/slipway.1.gz'), gzipSync(readFileSync(inRoot('packaging/linux/slipway.1')), { level: 9 }))
}

const hashOf = (name) => hashFiles(SECTIONS[name].sources.map((path) => inRoot(path)), (file) => !file.endsWith('.test.ts'))
const isBuilt = (name, hash) => existsSync(inRoot(SECTIONS[name].product)) && hasStamp(`built-${name}`, hash)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { setup } = await import('./setup.mjs')
  setup({ electron: false })
  await continueUnderProjectNode()
  const named = process.argv.slice(2).filter((word) => word in SECTIONS)
  await build({ only: named.length > 0 ? named : undefined, force: process.argv.includes('--force') })
}
