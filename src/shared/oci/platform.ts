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

/** `linux/arm64/v8`; `arm64` alone is Linux, and a system alone has the architecture `own`. @throws EngineError invalid-argument */
export function parsePlatform(text: string, own: string): Platform {
  const parts = text.toLowerCase().split('/')
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9._-]+$/.test(part))) throw new EngineError('invalid-argument', `${JSON.stringify(text)}: invalid platform`, { reason: 'invalid-platform', field: 'platform', hint: 'A platform looks like linux/amd64.' })
  const [first = '', second, variant] = parts
  if (second === undefined) return SYSTEMS.includes(first) ? { os: first, architecture: own } : { os: 'linux', architecture: first }
  return { os: first, architecture: second, ...(variant && { variant }) }
}
