import { EngineError, messageOf } from '#shared/errors.ts'
import defaultProfile from '../../../../../../resources/seccomp-default.json' with { type: 'json' }
import type { OciSeccomp } from '../runtime.ts'
import { isKernelAtLeast } from './kernel-version.ts'

/**
 * Docker's form of a seccomp profile: the runtime's, with conditions. A rule applies when every `includes` holds and no `excludes` does.
 * https://docs.docker.com/engine/security/seccomp/
 */
export interface SeccompProfile {
  defaultAction?: string
  defaultErrnoRet?: number
  /** Either this … */
  architectures?: string[]
  /** … or this, by the machine's own architecture. */
  archMap?: { architecture: string; subArchitectures?: string[] | null }[]
  flags?: string[]
  listenerPath?: string
  listenerMetadata?: string
  syscalls?: SeccompRule[]
}

interface SeccompRule {
  names?: string[]
  /** Before 1.13 of Docker. */
  name?: string
  action: string
  errnoRet?: number | null
  args?: { index: number; value: number; valueTwo?: number; op: string }[] | null
  includes?: Conditions | null
  excludes?: Conditions | null
}

interface Conditions {
  /** GOARCH, but x86 and x32. */
  arches?: string[] | null
  caps?: string[] | null
  /** `4.8` */
  minKernel?: string | null
}

/** What the conditions are about. */
export interface SeccompSubject {
  /** GOARCH. */
  architecture: string
  /** Its release, as `6.1.0-13-amd64`. */
  kernel: string
  /** The container's bounding set. */
  capabilities: readonly string[]
}

const ARCHITECTURE: Record<string, string> = {
  amd64: 'SCMP_ARCH_X86_64', '386': 'SCMP_ARCH_X86', arm64: 'SCMP_ARCH_AARCH64', arm: 'SCMP_ARCH_ARM', riscv64: 'SCMP_ARCH_RISCV64',
  s390x: 'SCMP_ARCH_S390X', ppc64le: 'SCMP_ARCH_PPC64LE', loong64: 'SCMP_ARCH_LOONGARCH64',
}
const NATIVE_NAME: Record<string, string> = { '386': 'x86', loong64: 'loongarch64' }

/** Few containers differ in their capabilities; the others share one. */
const defaults = new Map<string, OciSeccomp | undefined>()

/** The default profile for a container. Shared: not to be changed. */
export function defaultSeccomp(subject: SeccompSubject): OciSeccomp | undefined {
  const key = [subject.architecture, subject.kernel, ...subject.capabilities].join(' ')
  if (!defaults.has(key)) defaults.set(key, convertSeccomp(defaultProfile as SeccompProfile, subject))
  return defaults.get(key)
}

/** The text of `--security-opt seccomp=`. @throws invalid-argument in Docker's words. */
export function parseSeccompProfile(text: string): SeccompProfile {
  try {
    const profile = JSON.parse(text) as unknown
    if (typeof profile === 'object' && profile !== null && !Array.isArray(profile)) return profile
    throw new Error('not an object')
  } catch (cause) {
    throw refusal(`Decoding seccomp profile failed: ${messageOf(cause)}`)
  }
}

/** A profile as the runtime takes it. Undefined when it asks for nothing. @throws invalid-argument in Docker's words. */
export function convertSeccomp(profile: SeccompProfile, subject: SeccompSubject): OciSeccomp | undefined {
  const { defaultAction, architectures = [], archMap = [], syscalls = [] } = profile
  if (!defaultAction && syscalls.length === 0) return undefined
  if (architectures.length > 0 && archMap.length > 0) {
    throw refusal("both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'")
  }
  const own = archMap.find(({ architecture }) => architecture === ARCHITECTURE[subject.architecture])
  return {
    defaultAction: defaultAction ?? '',
    ...(profile.defaultErrnoRet !== undefined && { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures: own === undefined ? architectures : [own.architecture, ...(own.subArchitectures ?? [])],
    ...(profile.flags && { flags: profile.flags }),
    ...(profile.listenerPath && { listenerPath: profile.listenerPath, listenerMetadata: profile.listenerMetadata }),
    syscalls: syscalls.filter((rule) => applies(rule, subject)).map(withoutConditions),
  }
}

function applies({ includes, excludes }: SeccompRule, subject: SeccompSubject): boolean {
  const { architecture, kernel, capabilities } = subject
  const arch = NATIVE_NAME[architecture] ?? architecture
  if (includes?.arches?.length && !includes.arches.includes(arch)) return false
  if (includes?.caps && !includes.caps.every((name) => capabilities.includes(name))) return false
  if (includes?.minKernel && !isKernelAtLeast(kernel, includes.minKernel)) return false
  if (excludes?.arches?.includes(arch)) return false
  if (excludes?.caps?.some((name) => capabilities.includes(name))) return false
  return !(excludes?.minKernel && isKernelAtLeast(kernel, excludes.minKernel))
}

function withoutConditions({ name, names = [], action, errnoRet, args }: SeccompRule): NonNullable<OciSeccomp['syscalls']>[number] {
  if (name && names.length > 0) throw refusal("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'")
  return { names: name ? [name] : names, action, ...(typeof errnoRet === 'number' && { errnoRet }), ...(args && args.length > 0 && { args }) }
}

const refusal = (message: string) => new EngineError('invalid-argument', message, { reason: 'invalid-seccomp-profile' })
