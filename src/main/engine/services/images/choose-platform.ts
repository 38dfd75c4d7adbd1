import { EngineError } from '#shared/errors.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Index } from '#shared/oci/manifest.ts'
import { formatPlatform, type Platform } from '#shared/oci/platform.ts'

/** What a machine of this platform runs, best first: an arm v7 runs v6 and v5 as well, an amd64 the 386. */
function acceptable(wanted: Platform): Platform[] {
  const { os, architecture } = wanted
  const variant = normalVariant(wanted)
  if (architecture === 'arm') return ['v8', 'v7', 'v6', 'v5'].filter((one) => one <= (variant ?? 'v7')).map((one) => ({ os, architecture, variant: one }))
  if (architecture === 'amd64') return [...['v4', 'v3', 'v2'].filter((one) => one <= (variant ?? '')).map((one) => ({ os, architecture, variant: one })), { os, architecture }]
  return [{ os, architecture, ...(variant !== undefined && { variant }) }]
}

/** Variants that go without saying: arm64 is v8, amd64 is v1, arm is v7. */
function normalVariant({ architecture, variant }: Platform): string | undefined {
  if (architecture === 'arm64' && (variant === undefined || variant === '' || variant === '8')) return 'v8'
  if (architecture === 'amd64' && (variant === 'v1' || variant === '')) return undefined
  if (architecture === 'arm' && !variant) return 'v7'
  return variant || undefined
}

const NAMES: Record<string, string> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64', armhf: 'arm', i386: '386' }
const normal = (platform: Platform): Platform => {
  const architecture = NAMES[platform.architecture] ?? platform.architecture
  return { ...platform, architecture, variant: normalVariant({ ...platform, architecture }) }
}
const isSame = (one: Platform, other: Platform) => one.os === other.os && one.architecture === other.architecture && normalVariant(one) === normalVariant(other)

/** Whether an image of platform `found` is what was asked for; parts not asked for do not matter. */
export const isPlatform = (found: Platform, wanted: Platform): boolean => {
  const plain = normal(wanted)
  return found.os === plain.os && (!plain.architecture || normal(found).architecture === plain.architecture) && (!wanted.variant || normalVariant(normal(found)) === plain.variant)
}

/** The manifest of an index that the platform runs best. @throws not-found in Docker's words */
export function chooseManifest(index: Index, wanted: Platform, name: string): Descriptor {
  // Build attestations are listed beside the images they belong to, with this platform.
  const images = index.manifests.filter(({ platform }) => platform?.os !== 'unknown')
  for (const candidate of acceptable(normal(wanted))) {
    const found = images.find(({ platform }) => platform && isSame(normal(platform), candidate))
    if (found) return found
  }
  const unnamed = images.filter(({ platform }) => platform === undefined)
  if (images.length === unnamed.length && unnamed[0]) return unnamed[0]
  throw new EngineError('not-found', `no matching manifest for ${formatPlatform(normal(wanted))} in the manifest list entries`, {
    reason: 'no-platform',
    hint: `${name} is there for ${images.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : [])).join(', ') || 'no platform at all'}.`,
  })
}
