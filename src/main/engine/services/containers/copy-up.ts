import { mkdir } from 'node:fs/promises'
import type { ContainersContext } from './context.ts'
import type { ContainerRecord } from './record.ts'

/**
 * Gives empty volumes what the image has at their place. Done at create, so that a container that never runs can still lend its
 * volumes by --volumes-from.
 */
export async function copyUpVolumes(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  const volumes = record.mounts.filter((mount) => mount.kind === 'volume' && mount.copyUp)
  if (volumes.length === 0) return
  const { rootfs } = ctx.layout.container(record.id)
  await mkdir(rootfs, { recursive: true })
  await using undo = new AsyncDisposableStack()
  await ctx.snapshots.mount(record.id, rootfs)
  undo.defer(() => ctx.snapshots.unmount(rootfs))
  for (const mount of volumes) if (mount.kind === 'volume') await ctx.needs.volumes.copyUp(mount.volume, { rootfs, path: mount.target, subpath: mount.subpath })
}
