import { EngineError } from '#shared/errors.ts'
import { limitAbilities } from '../cgroup/abilities.ts'
import { FILTER_ANNOTATION } from '../compiled-filters.ts'
import type { Host } from '../../host/host.ts'
import type { OciProcess, OciResources, OciSpec } from '../runtime.ts'
import { apparmorProfileOf } from './apparmor.ts'
import { availableCapabilities, capabilitiesOf, capabilitySets } from './capabilities.ts'
import { cgroupsPathOf } from './cgroups-path.ts'
import { checkResourceLimits } from './check-limits.ts'
import type { ContainerSpec, ContainerSpecInput, SecurityInput } from './container-spec.ts'
import { defaultMounts } from './default-mounts.ts'
import { devicesOf } from './devices.ts'
import { environmentOf } from './environment.ts'
import { maskedPaths, READONLY_PATHS } from './hidden-paths.ts'
import { withInit } from './init.ts'
import { planMounts } from './mounts.ts'
import { namespacesOf } from './namespaces.ts'
import { resourcesOf } from './resources.ts'
import { raisableLimits, rlimitsOf } from './rlimits.ts'
import { convertSeccomp, defaultSeccomp, type SeccompProfile } from './seccomp.ts'
import { checkRootFolders } from './root-folders.ts'
import { sysctlsOf } from './sysctls.ts'
import { resolveUser, type ResolvedUser } from './user.ts'
import { checkWorkingDirectory } from './working-directory.ts'

/** What Docker writes, and both crun 1.8 and runc 1.1 take. */
const OCI_VERSION = '1.0.2'

type SpecHost = Pick<Host, 'facts' | 'syscalls'>

/** config.json for a container. Reads the rootfs (for the user) and the host (for devices); changes nothing. @throws invalid-argument in Docker's words. */
export async function createContainerSpec(input: ContainerSpecInput, host: SpecHost): Promise<ContainerSpec> {
  const { facts } = host
  const { namespaces = {}, security = {} } = input
  const privileged = security.privileged === true
  checkRootFolders(input.rootfs.path)
  const user = await userOf(input, host)
  const capabilities = capabilitiesOf(security)
  const { limits, warnings } = checkResourceLimits(input.limits ?? {}, host)
  const devices = devicesOf({ ...input, privileged })
  const plan = planMounts(input, defaultMounts({ namespaces, shmSize: input.shmSize, privileged, rootless: facts.rootless }), facts)
  const sharesUts = namespaces.uts === 'host'
  const spec: OciSpec = {
    ociVersion: OCI_VERSION,
    process: processOf(input, user, capabilities, facts),
    root: { path: input.rootfs.path, readonly: input.rootfs.readonly },
    ...(input.hostname && !sharesUts && { hostname: input.hostname }),
    mounts: plan.mounts,
    ...(input.annotations && { annotations: withoutFilter(input.annotations) }),
    linux: {
      namespaces: namespacesOf(namespaces, facts.cgroup.mode),
      devices: devices.devices,
      cgroupsPath: cgroupsPathOf(input.id, input.cgroupParent, facts),
      resources: withDevices(resourcesOf(limits), devices.rules, facts),
      seccomp: seccompOf(security, capabilities, facts),
      sysctl: sysctlsOf(input, facts),
      maskedPaths: [...(security.maskedPaths ?? (privileged ? [] : maskedPaths()))],
      readonlyPaths: [...(security.readonlyPaths ?? (privileged ? [] : READONLY_PATHS))],
      ...(plan.rootfsPropagation && { rootfsPropagation: plan.rootfsPropagation }),
    },
  }
  return { spec: input.init ? withInit(spec, namespaces, facts) : spec, warnings, user }
}

/** A filter of one's own is given by `seccomp`, where it is seen. */
const withoutFilter = (annotations: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(annotations).filter(([name]) => name !== FILTER_ANNOTATION))

async function userOf({ process, rootfs }: ContainerSpecInput, host: SpecHost): Promise<ResolvedUser> {
  if (typeof process.user === 'object') return process.user
  return await resolveUser({ rootfs: rootfs.path, user: process.user ?? '', groups: process.groups }, host)
}

function processOf(input: ContainerSpecInput, user: ResolvedUser, capabilities: readonly string[], facts: Host['facts']): OciProcess {
  const { process, security = {} } = input
  if (process.args.length === 0) throw new EngineError('invalid-argument', 'no command specified', { reason: 'no-command' })
  return {
    terminal: process.tty,
    ...(process.tty && process.consoleSize && { consoleSize: { height: process.consoleSize.rows, width: process.consoleSize.columns } }),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [...process.args],
    env: environmentOf(process, { hostname: input.hostname, home: user.home }),
    cwd: checkWorkingDirectory(process.cwd),
    capabilities: capabilitySets(capabilities, user.uid),
    rlimits: rlimitsOf(input.ulimits, raisableLimits(facts.rootless)),
    noNewPrivileges: security.noNewPrivileges === true,
    ...apparmorProfileOf(security, facts),
    oomScoreAdj: oomScoreOf(input.oomScoreAdj, facts.rootless),
  }
}

/** Lowering the score below the engine's own needs CAP_SYS_RESOURCE, which a user namespace's does not count for; then the container keeps the engine's. */
function oomScoreOf(wanted: number | undefined, rootless: boolean): number | undefined {
  if (wanted !== undefined && (wanted < -1000 || wanted > 1000)) {
    throw new EngineError('invalid-argument', `Invalid value ${wanted}, range for oom score adj is [-1000, 1000]`, { reason: 'invalid-oom-score' })
  }
  const allowed = !rootless && availableCapabilities().includes('CAP_SYS_RESOURCE')
  return wanted === undefined || wanted === 0 || (wanted < 0 && !allowed) ? undefined : wanted
}

function withDevices(resources: OciResources, rules: NonNullable<OciResources['devices']>, facts: Host['facts']): OciResources | undefined {
  if (facts.cgroup.driver === 'none') return undefined
  return limitAbilities(facts).devices ? { ...resources, devices: rules } : resources
}

function seccompOf({ privileged, seccomp = privileged ? 'unconfined' : 'default' }: SecurityInput, capabilities: readonly string[], facts: Host['facts']) {
  if (!facts.seccomp || seccomp === 'unconfined') return undefined
  const subject = { architecture: facts.architecture, kernel: facts.kernel, capabilities }
  return seccomp === 'default' ? defaultSeccomp(subject) : convertSeccomp(seccomp as SeccompProfile, subject)
}
