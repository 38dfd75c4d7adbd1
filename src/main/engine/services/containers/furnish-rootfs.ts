import { closeSync, constants, openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { makeDirectory } from '../../core/files/make.ts'
import type { ContainersContext } from './context.ts'
import type { ContainerRecord } from './record.ts'

/**
 * What is to be there before the first start. `workingDirectory`, which the image need not have, so that files can be copied there; and in empty
 * volumes what the image has at their place, so that a container that never runs can still lend its volumes by --volumes-from.
 */
export async function furnishRootfs(ctx: ContainersContext, record: ContainerRecord, workingDirectory: string | undefined): Promise<void> {
  const volumes = record.mounts.filter((mount) => mount.kind === 'volume' && mount.copyUp)
  if (volumes.length === 0 && workingDirectory === undefined) return
  const { rootfs } = ctx.layout.container(record.id)
  await mkdir(rootfs, { recursive: true })
  await using undo = new AsyncDisposableStack()
  // Volumes are only filled from it.
  await ctx.snapshots.mount(record.id, rootfs, { readOnly: workingDirectory === undefined })
  undo.defer(() => ctx.snapshots.unmount(rootfs))
  if (workingDirectory !== undefined) makeInside(ctx, rootfs, workingDirectory)
  for (const mount of volumes) if (mount.kind === 'volume') await ctx.needs.volumes.copyUp(mount.volume, { rootfs, path: mount.target, subpath: mount.subpath })
}

function makeInside({ host }: ContainersContext, rootfs: string, path: string): void {
  const descriptor = openSync(rootfs, 0o10000000 /* O_PATH */ | constants.O_DIRECTORY)
  try {
    makeDirectory({ descriptor, syscalls: host.syscalls }, path, { parents: true })
  } finally {
    closeSync(descriptor)
  }
}
