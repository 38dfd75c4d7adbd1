import { chunksToSend } from '#base/batches.ts'
import { findMountStubs } from '../../core/snapshots/mount-stubs.ts'
import { mountTargets, publishContainerEvent, type FilesContext } from './context.ts'
import { withRootfs } from './open-container.ts'

/** All files of a container as one tar archive, without what is mounted into it. `deliver` sends it; running or not. */
export const exportContainer = (ctx: FilesContext, reference: string, deliver: (content: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> =>
  withRootfs(ctx, reference, async (root, container) => {
    const { directory, below = [] } = ctx.snapshots.changesOf({ key: container.id })
    const stubs = findMountStubs(directory, below, mountTargets(container))
    publishContainerEvent(ctx, container, 'export')
    await deliver(chunksToSend(ctx.layers.pack(`/proc/self/fd/${root.descriptor}/.`, { leaveOut: stubs.map((path) => path.slice(1)) })))
  })
