import { locate } from '../../core/files/locate.ts'
import { packPlace } from '../../core/files/pack.ts'
import { findMountStubs } from '../../core/snapshots/mount-stubs.ts'
import { mountTargets, publishContainerEvent, type FilesContext } from './context.ts'
import { withRootfs } from './open-container.ts'

/** All files of a container as one tar archive, without what is mounted into it. `deliver` sends it; running or not. */
export const exportContainer = (ctx: FilesContext, reference: string, deliver: (content: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> =>
  withRootfs(ctx, reference, async (root, container) => {
    const { directory, below = [] } = ctx.snapshots.changesOf({ key: container.id })
    const stubs = new Set(findMountStubs(directory, below, mountTargets(container)))
    using place = locate(root, '/')
    publishContainerEvent(ctx, container, 'export')
    await deliver(packPlace(root, place, { leaveOut: (path) => stubs.has(`/${path}`) }))
  })
