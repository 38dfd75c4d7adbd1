import { mkdir, stat } from 'node:fs/promises'
import { EngineError } from '#shared/errors.ts'
import type { MountInput } from '../../core/runtime/spec/container-spec.ts'
import { tellsOfMounts } from '../../core/runtime/spec/mount-table.ts'
import type { ContainersContext } from './context.ts'
import type { ContainerRecord, MountPoint } from './record.ts'

type Bind = Extract<MountPoint, { kind: 'bind' }>
type Volume = Extract<MountPoint, { kind: 'volume' }>

/** Host paths of everything mounted into the container; volumes are held until released, which `undo` does. */
export async function openMounts(ctx: ContainersContext, record: ContainerRecord, undo: AsyncDisposableStack): Promise<MountInput[]> {
  const mounts: MountInput[] = []
  for (const mount of record.mounts) {
    if (mount.kind === 'tmpfs') mounts.push({ kind: 'tmpfs', target: mount.target, options: mount.options })
    else if (mount.kind === 'bind') mounts.push(await openBind(mount))
    else mounts.push(await openVolume(ctx, record.id, mount, undo))
  }
  for (const [target, options] of Object.entries(record.host.Tmpfs ?? {})) mounts.push({ kind: 'tmpfs', target, options: options.split(',').filter(Boolean) })
  return mounts
}

async function openBind(mount: Bind): Promise<MountInput> {
  if (mount.createSource) await createMissing(mount.source)
  else {
    await stat(mount.source).catch((cause: unknown) => {
      throw new EngineError('invalid-argument', `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`, { reason: 'no-such-path', field: 'mounts', cause })
    })
  }
  // Where the machine keeps its mounts to itself, nobody who did not ask to be told of them is to be refused.
  const propagation = mount.ownPropagation && !tellsOfMounts(mount.source) ? 'rprivate' : mount.propagation
  return { kind: 'bind', source: mount.source, target: mount.target, readonly: mount.readonly, recursiveReadonly: mount.recursiveReadonly, propagation: propagation as Extract<MountInput, { kind: 'bind' }>['propagation'], nonRecursive: mount.nonRecursive }
}

async function createMissing(source: string): Promise<void> {
  const known = await stat(source).catch(() => undefined)
  if (known) return
  await mkdir(source, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new EngineError('invalid-argument', `error while creating mount source path '${source}': ${cause.message}`, { field: 'mounts', cause })
  })
}

async function openVolume(ctx: ContainersContext, id: string, mount: Volume, undo: AsyncDisposableStack): Promise<MountInput> {
  const source = await ctx.needs.volumes.acquire(mount.volume, id, mount.subpath)
  publishVolumeEvent(ctx, mount, 'mount', { container: id, destination: mount.target, propagation: '', 'read/write': String(!mount.readonly) })
  undo.defer(() => releaseVolume(ctx, id, mount))
  return { kind: 'bind', source, target: mount.target, readonly: mount.readonly || ctx.needs.volumes.isReadonly(mount.volume) }
}

export async function releaseVolumes(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  for (const mount of record.mounts) if (mount.kind === 'volume') await releaseVolume(ctx, record.id, mount)
}

async function releaseVolume(ctx: ContainersContext, id: string, mount: Volume): Promise<void> {
  await ctx.needs.volumes.release(mount.volume, id)
  publishVolumeEvent(ctx, mount, 'unmount', { container: id })
}

function publishVolumeEvent(ctx: ContainersContext, mount: Volume, action: string, attributes: Record<string, string>): void {
  ctx.events.publish({ type: 'volume', action, id: mount.volume, attributes: { driver: mount.driver, ...attributes } })
}
