import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What the shim's tests need of the machine: both builds of the shim, crun and runc, and a root file system of busybox. */

export type Build = 'slipway-shim' | 'slipway-shim-asan'
export type RuntimeName = 'crun' | 'runc'
export const builds: readonly Build[] = ['slipway-shim', 'slipway-shim-asan']
export const runtimes: readonly RuntimeName[] = ['crun', 'runc']

const shimDirectory = resolve(import.meta.dirname, '..')
export const shimPath = (build: Build) => join(shimDirectory, 'build', build)

const HYBRID_CGROUP = '/sys/fs/cgroup/unified'
/** Of this process alone: files of tests may run side by side. */
export const CGROUP_PARENT = `slipway-shim-test-${process.pid}`

/** What crun 1.8.1 must not see. */
export const hiddenPaths = existsSync(HYBRID_CGROUP) ? [HYBRID_CGROUP] : []

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--help'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export function prepareHost(): void {
  const missing = ['crun', 'runc', 'busybox'].filter((program) => !isInstalled(program))
  if (missing.length > 0) execFileSync('apt-get', ['install', '-y', ...missing.map((name) => (name === 'busybox' ? 'busybox-static' : name))], { stdio: 'ignore' })
  // One at a time, should another file of tests be at it.
  execFileSync('flock', [shimDirectory, 'make', '-s', '-C', shimDirectory, 'build/slipway-shim', 'asan'], { stdio: ['ignore', 'inherit', 'inherit'] })
}

/** Makes a directory with a root file system in it, for all tests of a file. */
export function makeWorkDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-shim-'))
  const rootfs = join(directory, 'rootfs')
  for (const name of ['bin', 'dev', 'etc', 'proc', 'tmp']) mkdirSync(join(rootfs, name), { recursive: true })
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
  cpSync(busybox, join(rootfs, 'bin/busybox'))
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(rootfs, 'bin', applet))
  }
  writeFileSync(join(rootfs, 'etc/not-executable'), 'text', { mode: 0o644 })
  return directory
}

export function removeWorkDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  const hierarchies = execFileSync('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-type', 'd', '-name', CGROUP_PARENT], { encoding: 'utf8' })
  for (const cgroup of hierarchies.split('\n').filter(Boolean)) rmdirSync(cgroup)
}
