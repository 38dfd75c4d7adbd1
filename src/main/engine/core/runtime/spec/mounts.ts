import { statSync } from 'node:fs'
import { normalize } from 'node:path/posix'
import { EngineError } from '#shared/errors.ts'
import type { HostFacts } from '../../host/host.ts'
import type { OciMount } from '../runtime.ts'
import type { ContainerSpecInput, MountInput } from './container-spec.ts'
import { isKernelAtLeast } from './kernel-version.ts'
import { mountOf, mountTable, type HostMount } from './mount-table.ts'

export interface MountPlan {
  mounts: OciMount[]
  /** Of `/`, when a mount is to receive or give later mounts. */
  rootfsPropagation?: 'shared' | 'rslave'
}

/** The user's mounts over the defaults, parents before children. @throws invalid-argument in Docker's words. */
export function planMounts(input: Pick<ContainerSpecInput, 'mounts' | 'files' | 'rootfs'>, defaults: readonly OciMount[], host: Pick<HostFacts, 'rootless' | 'kernel'>): MountPlan {
  const asked = lastOfEachTarget([...fileMounts(input), ...(input.mounts ?? [])])
  for (const mount of asked) refuseOverProc(mount)
  const targets = new Set(asked.map(({ target }) => target))
  const kept = defaults.filter(({ destination }) => !targets.has(destination) && !(targets.has('/dev') && destination.startsWith('/dev/')))
  const table = needsTable(asked, host.rootless) ? mountTable() : []
  const own = asked.toSorted((a, b) => depth(a.target) - depth(b.target)).map((mount) => ociMount(mount, table, host))
  const rootfsPropagation = asked.map(propagationOfRoot).reduce((a, b) => (a === 'shared' || b === undefined ? a : b), undefined)
  return { mounts: [...kept, ...own], ...(rootfsPropagation && { rootfsPropagation }) }
}

function fileMounts({ files = {}, rootfs }: Pick<ContainerSpecInput, 'files' | 'rootfs'>): MountInput[] {
  const pairs = [['/etc/hosts', files.hosts], ['/etc/hostname', files.hostname], ['/etc/resolv.conf', files.resolvConf]] as const
  return pairs.flatMap(([target, source]) => (source === undefined ? [] : [{ kind: 'bind', source, target, readonly: rootfs.readonly } as const]))
}

function lastOfEachTarget(mounts: readonly MountInput[]): MountInput[] {
  return [...new Map(mounts.map((mount) => [cleanTarget(mount.target), { ...mount, target: cleanTarget(mount.target) }])).values()]
}

function cleanTarget(target: string): string {
  const clean = normalize(target).replace(/(.)\/$/, '$1')
  if (!clean.startsWith('/')) throw new EngineError('invalid-argument', `invalid mount path: '${target}' mount path must be absolute`, { reason: 'invalid-mount' })
  if (clean === '/') throw new EngineError('invalid-argument', "invalid specification: destination can't be '/'", { reason: 'invalid-mount' })
  return clean
}

/** What lxcfs shows in place of the kernel's own, for its container only. */
const SHOWN_OVER_PROC = new Set(['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'net/dev', 'slabinfo', 'stat', 'swaps', 'sys/crypto/fips_enabled', 'sys/kernel/ns_last_pid', 'uptime'].map((name) => `/proc/${name}`))

/** Whoever stands in for /proc can make the runtime believe that a process is confined (CVE-2019-16884). runc refuses that; crun does not. Docker's words. */
function refuseOverProc(mount: MountInput): void {
  const { target } = mount
  if (!/^\/proc(\/|$)/.test(target) || SHOWN_OVER_PROC.has(target)) return
  if (target === '/proc' && mount.kind === 'bind' && mount.source === '/proc') return
  throw new EngineError('invalid-argument', `"${target}" cannot be mounted because it is ${target === '/proc' ? 'not of type proc' : 'inside /proc'}`, { reason: 'invalid-mount', hint: 'The kernel shows itself there. Mount it elsewhere.' })
}

const depth = (path: string) => path.split('/').length

const wantsShared = (mount: MountInput) => mount.kind === 'bind' && (mount.propagation === 'shared' || mount.propagation === 'rshared')
const wantsSlave = (mount: MountInput) => mount.kind === 'bind' && (mount.propagation === 'slave' || mount.propagation === 'rslave')

const needsTable = (mounts: MountInput[], rootless: boolean) => mounts.some((mount) => (rootless && mount.kind === 'bind') || wantsShared(mount) || wantsSlave(mount))

const propagationOfRoot = (mount: MountInput) => (wantsShared(mount) ? 'shared' : wantsSlave(mount) ? 'rslave' : undefined)

function ociMount(mount: MountInput, table: readonly HostMount[], { rootless, kernel }: Pick<HostFacts, 'rootless' | 'kernel'>): OciMount {
  if (mount.kind === 'tmpfs') return { destination: mount.target, type: 'tmpfs', source: 'tmpfs', options: tmpfsOptions(mount.options) }
  const { source, target, propagation = 'rprivate', nonRecursive = false } = mount
  checkPropagation(mount, table)
  const locked = rootless ? mountOf(source, table)?.lockedFlags ?? [] : []
  const access = mount.readonly ? [readonlyOption(mount, kernel)] : []
  return { destination: target, type: 'bind', source, options: [nonRecursive ? 'bind' : 'rbind', propagation, ...access, ...locked] }
}

/**
 * mount_setattr(2), which makes what is mounted below read-only too, came with 5.12. Nothing is mounted below a file, and crun 1.8 opens
 * the target of an rro mount as a directory (`open mount target …: Not a directory`).
 */
function readonlyOption({ recursiveReadonly, nonRecursive, source }: Extract<MountInput, { kind: 'bind' }>, kernel: string): 'ro' | 'rro' {
  const possible = isKernelAtLeast(kernel, '5.12') && !nonRecursive
  if (recursiveReadonly === 'force' && !possible) {
    const why = nonRecursive ? 'it is not recursive' : `kernel ${kernel} cannot`
    throw new EngineError('invalid-argument', `the mount of ${source} cannot be made recursively read-only: ${why}`, { reason: 'invalid-mount' })
  }
  const isFile = statSync(source, { throwIfNoEntry: false })?.isDirectory() === false
  return possible && !isFile && recursiveReadonly !== 'never' ? 'rro' : 'ro'
}

function checkPropagation(mount: Extract<MountInput, { kind: 'bind' }>, table: readonly HostMount[]): void {
  if (!wantsShared(mount) && !wantsSlave(mount)) return
  const found = mountOf(mount.source, table)
  const enough = found?.propagation === 'shared' || (wantsSlave(mount) && found?.propagation === 'slave')
  if (enough) return
  const wanted = wantsShared(mount) ? 'shared' : 'shared or slave'
  throw new EngineError('invalid-argument', `path ${mount.source} is mounted on ${found?.mountPoint ?? '/'} but it is not a ${wanted} mount`, {
    reason: 'propagation',
    hint: `Make it one on the host: mount --make-rshared ${found?.mountPoint ?? '/'}`,
  })
}

/** Docker's noexec,nosuid,nodev, unless the opposite is asked; a later option replaces an earlier one of its kind. */
function tmpfsOptions(asked: readonly string[] = []): string[] {
  const kindOf = (option: string) => option.split('=', 1)[0]!.replace(/^r?(private|shared|slave|unbindable)$/, 'propagation').replace(/^(no)?(exec|suid|dev|atime|diratime|relatime)$/, '$2').replace(/^(ro|rw)$/, 'access')
  return [...new Map(['noexec', 'nosuid', 'nodev', 'rprivate', ...asked].filter(Boolean).map((option) => [kindOf(option), option])).values()]
}
