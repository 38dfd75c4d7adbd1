import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
// @ts-expect-error scripts run without a build, and have no declarations
import { machineOf, refuseOtherMachines } from './elf.mjs'
// @ts-expect-error the same
import { buildNativeFor, nativeFor } from './native.mjs'
// @ts-expect-error the same
import { afterPack, beforePack } from './package-hooks.mjs'

/** What electron-builder calls: https://www.electron.build/hooks. A package for another machine has programs of that machine, or is not made. */
const arm64 = 3
const hasCrossCompiler = spawnSync('aarch64-linux-gnu-gcc', ['--version'], { stdio: 'ignore' }).status === 0
if (!hasCrossCompiler) console.log('Nothing is built for arm64 by these tests: that takes gcc-aarch64-linux-gnu and libc6-dev-arm64-cross.')
const folders: string[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A folder as electron-builder leaves it, with a program in it. */
function unpacked(machine: number): string {
  const folder = mkdtempSync('/tmp/slipway-pack-')
  folders.push(folder)
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.writeUInt16LE(machine, 18)
  writeFileSync(join(folder, 'slipway-app'), header)
  writeFileSync(join(folder, 'readme'), 'no program')
  return folder
}

test.skipIf(process.platform !== 'linux' || process.arch !== 'x64' || !hasCrossCompiler)('the native parts are built for the machine that the package is for', () => {
  beforePack({ electronPlatformName: 'linux', arch: arm64 })
  const names = readdirSync(nativeFor('arm64')).sort()
  expect(names).toEqual(['slipway-init', 'slipway-shim', 'slipway-syscalls.node'])
  expect(new Set(names.map((name) => machineOf(join(nativeFor('arm64'), name))))).toEqual(new Set(['arm64']))
  // Those of this machine are others, not the same ones again.
  expect(new Set(names.map((name) => machineOf(join(buildNativeFor(process.arch), name))))).toEqual(new Set([process.arch]))
})

test('without a compiler for it the package is not made, and what to install is said', () => {
  vi.stubEnv('PATH', '/nonexistent')
  const other = process.arch === 'x64' ? 'arm64' : 'x64'
  expect(() => buildNativeFor(other)).toThrow(/^A package for \w+ needs programs built for it, and \S+-linux-gnu-gcc is not here\. Install it \(Debian: apt-get install gcc-/)
  expect(() => buildNativeFor('riscv64')).toThrow('The engine is built for x64 and arm64, not for riscv64.')
})

test('programs of another machine are refused, by name', () => {
  expect(() => afterPack({ electronPlatformName: 'linux', arch: arm64, appOutDir: unpacked(62) })).toThrow(/a package for arm64 with programs that do not run there: \S+\/slipway-app \(x64\)$/)
  expect(() => refuseOtherMachines(unpacked(243), 'x64')).toThrow('slipway-app (machine 243)')
  afterPack({ electronPlatformName: 'linux', arch: arm64, appOutDir: unpacked(183) })
  afterPack({ electronPlatformName: 'win32', arch: arm64, appOutDir: unpacked(62) })
})
