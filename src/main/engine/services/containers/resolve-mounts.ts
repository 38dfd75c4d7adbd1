import { lstat } from 'node:fs/promises'
import { EngineError } from '#shared/errors.ts'
import type { ContainerConfig, HostConfig } from './config.ts'
import type { ContainersContext } from './context.ts'
import { anonymousVolume, parseBind, parseMountRequest, type MountWish } from './mount-syntax.ts'
import type { MountPoint } from './record.ts'

/**
 * Every mount point of a new container, its volumes made. By target, later sources win over earlier ones: volumes-from, then binds and
 * `--mount`, while the image's VOLUMEs only fill what is left. Anonymous volumes are undone with `undo`.
 */
export async function resolveMounts(ctx: ContainersContext, config: ContainerConfig, host: HostConfig, undo: AsyncDisposableStack, { shallowReadonly = false } = {}): Promise<MountPoint[]> {
  const byTarget = new Map<string, MountPoint>()
  for (const mount of (host.VolumesFrom ?? []).flatMap((text) => mountsFrom(ctx, text))) byTarget.set(mount.target, mount)
  const wishes = collectWishes(config, host, new Set(byTarget.keys()))
  for (const wish of wishes) byTarget.set(wish.target, await realize(ctx, shallowReadonly ? shallow(wish) : wish, undo))
  return [...byTarget.values()]
}

function collectWishes(config: ContainerConfig, host: HostConfig, inherited: ReadonlySet<string>): MountWish[] {
  const asked = [...(host.Binds ?? []).map((text) => parseBind(text, host.VolumeDriver || undefined)), ...(host.Mounts ?? []).map(parseMountRequest)]
  const taken = new Set<string>()
  for (const target of [...asked.map((wish) => wish.target), ...Object.keys(host.Tmpfs ?? {})]) {
    if (taken.has(target)) throw new EngineError('invalid-argument', `Duplicate mount point: ${target}`, { field: 'mounts' })
    taken.add(target)
  }
  const anonymous = Object.keys(config.Volumes ?? {})
    .map((target): MountWish => anonymousVolume(target, host.VolumeDriver || undefined))
    .filter((wish) => !taken.has(wish.target) && !inherited.has(wish.target))
  return [...asked, ...anonymous]
}

/** `container[:ro|rw|z]` */
function mountsFrom(ctx: ContainersContext, text: string): MountPoint[] {
  const [reference = '', mode = ''] = text.split(':', 2)
  if (reference === '') throw new EngineError('invalid-argument', 'volumes-from specification cannot be an empty string', { field: 'volumesFrom' })
  const words = mode.split(',').filter(Boolean)
  if (words.some((word) => !['ro', 'rw', 'z', 'Z'].includes(word))) throw new EngineError('invalid-argument', `invalid mode: ${mode}`, { field: 'volumesFrom' })
  const readonly = words.includes('ro')
  const donor = ctx.records.find(reference)
  // Not `not-found`: a client that hears this of a create takes the image for absent, and pulls it.
  if (!donor) throw new EngineError('invalid-argument', `No such container: ${reference}`, { reason: 'no-such-container', field: 'volumesFrom' })
  return donor.mounts
    .filter((mount) => mount.kind !== 'tmpfs')
    .map((mount) => ({ ...mount, readonly: mount.readonly || readonly, ...(mount.kind === 'volume' ? { copyUp: false } : {}) }))
}

async function realize(ctx: ContainersContext, wish: MountWish, undo: AsyncDisposableStack): Promise<MountPoint> {
  if (wish.kind === 'tmpfs') return wish
  if (wish.kind === 'bind') {
    if (!wish.createSource && !(await exists(wish.source))) {
      throw new EngineError('invalid-argument', `invalid mount config for type "bind": bind source path does not exist: ${wish.source}`, { reason: 'no-such-path', field: 'mounts', hint: 'Make the folder first, or choose another.' })
    }
    const propagation = propagationOf(ctx, wish.source, wish.propagation)
    return { ...wish, propagation, ...(wish.propagation === undefined && propagation !== 'rprivate' && { ownPropagation: true as const }) }
  }
  const anonymous = wish.name === undefined
  const volume = await ctx.needs.volumes.ensure({ name: wish.name, driver: wish.driver, driverOptions: wish.driverOptions, tied: anonymous, labels: anonymous ? { 'com.docker.volume.anonymous': '', ...wish.labels } : wish.labels })
  if (volume.created) undo.defer(() => ctx.needs.volumes.removeUnused(volume.name))
  return { kind: 'volume', volume: volume.name, driver: volume.driver, target: wish.target, readonly: wish.readonly, mode: wish.mode, anonymous, copyUp: wish.copyUp, subpath: wish.subpath }
}

const shallow = (wish: MountWish): MountWish => (wish.kind === 'bind' && wish.readonly && wish.recursiveReadonly === undefined ? { ...wish, recursiveReadonly: 'never' } : wish)

/** What shows the engine's own folders must let go of what is unmounted there, or containers would hold each other's files for as long as they run. @throws invalid-argument */
function propagationOf(ctx: ContainersContext, source: string, asked: string | undefined): string {
  const { dataRoot } = ctx.layout
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`)
  if (!within(source, dataRoot) && !within(dataRoot, source)) return asked ?? 'rprivate'
  if (asked === undefined || asked === 'rslave' || asked === 'rshared') return asked ?? 'rslave'
  throw new EngineError('invalid-argument', `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "${dataRoot}", bind mount source: "${source}", propagation: "${asked}"`, { field: 'mounts', reason: 'propagation' })
}

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  )
