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
