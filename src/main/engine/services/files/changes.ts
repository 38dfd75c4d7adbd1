import type { Change } from '../../core/layers/layers.ts'
import { findMountStubs, withoutStubs } from '../../core/snapshots/mount-stubs.ts'
import { mountTargets, type FilesContext } from './context.ts'

/** What a container changed in its image's files, without what was made only to mount on. */
export async function containerChanges(ctx: FilesContext, reference: string): Promise<Change[]> {
  const container = ctx.needs.containers.get(reference)
  const source = ctx.snapshots.changesOf({ key: container.id })
  const changes = await ctx.layers.changes(source)
  return withoutStubs(changes, findMountStubs(source.directory, source.below ?? [], mountTargets(container)), source)
}
