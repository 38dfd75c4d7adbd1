// System packages: which programs are missing, which package has them, and installing those where we may.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasStamp, inRoot, say, writeStamp } from './project.mjs'

/** To run containers, and to build the native parts. */
const FOR_RUNNING = ['crun', 'runc', 'newuidmap', 'rootlesskit', 'slirp4netns', 'fuse-overlayfs', 'nft', 'ip', 'nsenter', 'cc', 'make']
const FOR_TESTS = ['chromium', 'busybox', 'docker-registry', 'skopeo', 'xz', 'zstd', 'bzip2', 'curl', 'jq', 'python3', 'unshare', 'debootstrap', 'docker', 'strace']
/** Only where a machine is made for the tests: the package of sshd would let any other be logged in to from its next boot on. What needs one that is missing is left out, and says so. */
const FOR_TESTS_IN_CI = ['sshd', 'Xvfb', 'rpmbuild', 'podman', 'buildah', 'aarch64-linux-gnu-gcc']

const INSTALL = { apt: 'apt-get install -y --no-install-recommends', dnf: 'dnf install -y', pacman: 'pacman -S --needed --noconfirm', zypper: 'zypper install -y' }
const PROGRAM_OF = { apt: 'apt-get', dnf: 'dnf', pacman: 'pacman', zypper: 'zypper' }
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']
const packages = JSON.parse(readFileSync(inRoot('src/main/engine/core/host/probe/packages.json'), 'utf8'))

/**
 * Installs what is missing where we are root or may become it without a password; else says the command, once for each set of programs.
 * `again`: try even what failed before.
 */
export function ensurePackages({ tests = false, again = false } = {}) {
  const missing = (tests ? neededForTests() : FOR_RUNNING).filter((program) => !installed(program))
  if (missing.length === 0) return
  const manager = Object.keys(INSTALL).find((name) => installed(PROGRAM_OF[name]))
  if (!again && hasStamp('packages-refused', missing.join())) return
  if (manager === 'apt' && mayBecomeRoot() && install(missing)) return
  writeStamp('packages-refused', missing.join())
  const still = missing.filter((program) => !installed(program))
  if (still.length > 0) say(`missing: ${still.join(', ')}. To install:\n  ${commandFor(still, manager)}`)
}

/** Programs that tests cannot do without on this machine. */
export const missingForTests = () => neededForTests().filter((program) => !installed(program))

const neededForTests = () => [...FOR_RUNNING, ...FOR_TESTS, ...(process.env.CI ? FOR_TESTS_IN_CI : [])]

function installed(program) {
  const path = [...(process.env.PATH ?? '').split(':'), ...SYSTEM_DIRECTORIES]
  return path.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function commandFor(programs, manager) {
  if (manager === undefined) return `your package manager, for: ${programs.join(' ')}`
  return `sudo ${INSTALL[manager]} ${namesOf(programs, manager).join(' ')}`
}

const namesOf = (programs, manager) => [...new Set(programs.flatMap((program) => (packages[program]?.[manager] ?? program).split(' ')))]

const isRoot = () => process.getuid() === 0
const mayBecomeRoot = () => isRoot() || (installed('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0)

function install(programs) {
  say(`installing ${programs.join(', ')}`)
  return withoutStartingServices(() => {
    if (apt('install', known(programs)) && programs.every(installed)) return true
    // The lists may be missing or old; and one package that this release does not have must not keep the others out.
    return apt('update', []) && apt('install', known(programs)) && programs.every(installed)
  })
}

/** Packages that apt has. Debian from trixie on has Docker's client in a package of its own; before, it comes with the daemon. */
function known(programs) {
  const has = (name) => spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0
  const names = namesOf(programs, 'apt').map((name) => (name === 'docker.io' && has('docker-cli') ? 'docker-cli' : name))
  return names.filter(has)
}

function apt(verb, names) {
  if (verb === 'install' && names.length === 0) return true
  const args = ['apt-get', verb, '-y', '-qq', ...(verb === 'install' ? ['--no-install-recommends'] : []), ...names]
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', ...args]
  const [program, ...rest] = isRoot() ? command : ['sudo', '-n', ...command]
  const { status, stderr } = spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (status !== 0) say(`apt-get ${verb} failed: ${stderr.trim().split('\n').at(-1)}`)
  return status === 0
}

const POLICY = '/usr/sbin/policy-rc.d'

/** A registry and a Docker daemon are tools of the tests here, not services of this machine: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt */
function withoutStartingServices(work) {
  const ours = isRoot() && !existsSync(POLICY)
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    if (ours) rmSync(POLICY)
  }
}
