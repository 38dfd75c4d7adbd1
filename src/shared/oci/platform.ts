import { EngineError } from '../errors.ts'

/** OCI platform: GOOS, GOARCH and variant. */
export interface Platform {
  os: string
  architecture: string
  variant?: string
  'os.version'?: string
}

/** `linux/arm64/v8` form. */
export const formatPlatform = (platform: Platform): string => [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')

const NODE_ARCHITECTURES: Record<string, string> = { x64: 'amd64', ia32: '386', arm: 'arm', arm64: 'arm64', ppc64: 'ppc64le', s390x: 's390x', riscv64: 'riscv64' }

/** The GOARCH name of Node's `process.arch`. */
export const architectureOf = (nodeArch: string): string => NODE_ARCHITECTURES[nodeArch] ?? nodeArch

const SYSTEMS = ['linux', 'windows', 'darwin', 'freebsd']
const ARCHITECTURES = /^(386|amd64|x86_64|x86-64|i386|arm|armhf|armel|arm64|aarch64|loong64|mips(64)?(le)?|ppc64(le)?|riscv64|s390x?|sparc64|wasm)$/

/** `linux/arm64/v8`; `arm64` alone is Linux, and a system alone has the architecture `own`. @throws EngineError invalid-argument */
export function parsePlatform(text: string, own: string): Platform {
  const parts = text.toLowerCase().split('/')
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9._-]+$/.test(part))) throw new EngineError('invalid-argument', `${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`, { reason: 'invalid-platform', field: 'platform', hint: 'A platform looks like linux/amd64.' })
  const [first = '', second, variant] = parts
  if (second === undefined && SYSTEMS.includes(first)) return { os: first, architecture: own }
  if (second === undefined && ARCHITECTURES.test(first)) return { os: 'linux', architecture: first }
  if (second === undefined) throw new EngineError('invalid-argument', `${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`, { reason: 'invalid-platform', field: 'platform', hint: 'A platform looks like linux/amd64.' })
  return { os: first, architecture: second, ...(variant && { variant }) }
}
