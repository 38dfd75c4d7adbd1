import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { CgroupMode, HostCheck, HostFacts } from '../host.ts'
import type { Probed } from './probe.ts'
import { callingUser } from './calling-user.ts'

const ROOT = '/sys/fs/cgroup'
/** https://man7.org/linux/man-pages/man2/statfs.2.html */
const CGROUP2_SUPER_MAGIC = 0x63677270
/** Limits that users ask for. */
const WANTED = ['cpu', 'memory', 'pids'] as const

type CgroupFacts = HostFacts['cgroup']

/** Which cgroup hierarchy there is, who manages it, and which limits can be enforced. */
export function probeCgroup({ rootless }: { rootless: boolean }): Probed<CgroupFacts> {
  const mode = cgroupMode()
  const facts = rootless ? rootlessCgroup(mode) : rootCgroup(mode)
  return { facts, checks: [check(facts, rootless)] }
}

function cgroupMode(): CgroupMode {
  if (isCgroup2(ROOT)) return 'v2'
  return isCgroup2(join(ROOT, 'unified')) ? 'hybrid' : 'v1'
}

const isCgroup2 = (path: string) => existsSync(path) && statfsSync(path).type === CGROUP2_SUPER_MAGIC

/** On a machine run by systemd, cgroup v2 belongs to systemd alone (https://systemd.io/CGROUP_DELEGATION/): scopes are asked of it. */
function rootCgroup(mode: CgroupMode): CgroupFacts {
  if (mode !== 'v2') return { mode, driver: 'cgroupfs', controllers: mountedControllers() }
  return { mode, driver: existsSync('/run/systemd/system') ? 'systemd' : 'cgroupfs', controllers: words(join(ROOT, 'cgroup.controllers')) }
}

/** A user gets limits only from a delegated v2 slice, through the user's own systemd (https://rootlesscontaine.rs/getting-started/common/cgroup2/). */
function rootlessCgroup(mode: CgroupMode): CgroupFacts {
  if (mode !== 'v2') return { mode, driver: 'none', controllers: [] }
  const { uid } = callingUser()
  const runtimeDirectory = process.env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`
  const service = join(ROOT, 'user.slice', `user-${uid}.slice`, `user@${uid}.service`)
  const controllers = words(join(service, 'cgroup.controllers'))
  const reachable = ['bus', 'systemd/private'].some((name) => usable(join(runtimeDirectory, name)))
  return reachable && controllers.length > 0 ? { mode, driver: 'systemd', controllers } : { mode, driver: 'none', controllers: [] }
}

function check(facts: CgroupFacts, rootless: boolean): HostCheck {
  const missing = WANTED.filter((name) => !facts.controllers.includes(name))
  const finding = `cgroup ${facts.mode}, managed by ${facts.driver === 'none' ? 'nobody' : facts.driver}; controllers: ${facts.controllers.join(' ') || 'none'}`
  if (missing.length === 0) return { id: 'cgroup', status: 'ok', finding }
  return { id: 'cgroup', status: 'degraded', finding, consequence: `Limits of ${missing.join(', ')} are not enforced.`, remedy: remedy(facts, rootless) }
}

function remedy(facts: CgroupFacts, rootless: boolean): string {
  if (facts.mode !== 'v2') return rootless ? 'Boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line (cgroup v2).' : 'Boot with cgroup_enable=memory swapaccount=1 on the kernel command line, or with cgroup v2.'
  if (!rootless) return 'Enable the controllers in the kernel configuration.'
  if (facts.driver === 'none') return 'Log in through systemd (a real login session, or `machinectl shell user@`), so that the user manager runs; keep it with `loginctl enable-linger`.'
  return "sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload"
}

function mountedControllers(): string[] {
  const types = words('/proc/self/mountinfo', '\n').map((line) => line.split(' - ')[1]?.split(' ') ?? [])
  const options = types.filter(([type]) => type === 'cgroup').flatMap((fields) => fields[2]?.split(',') ?? [])
  return [...new Set(options)].filter((name) => /^[a-z_]+$/.test(name) && name !== 'rw' && name !== 'ro')
}

function words(path: string, separator: string | RegExp = /\s+/): string[] {
  try {
    return readFileSync(path, 'utf8').split(separator).filter(Boolean)
  } catch {
    return []
  }
}

function usable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
