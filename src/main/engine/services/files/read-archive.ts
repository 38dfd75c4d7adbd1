import { packPlace } from '../../core/files/pack.ts'
import { publishContainerEvent, type FilesContext } from './context.ts'
import { withContainer } from './open-container.ts'
import { describe, find, type PathStat } from './path-stat.ts'

export interface PathArchive {
  stat: PathStat
  /** A tar archive whose names begin with the last element of the path. */
  content: AsyncIterable<Uint8Array>
}

/** `docker cp` out of a container. `deliver` sends the archive; the container's files stay open until it has. @throws not-found */
export const readArchive = (ctx: FilesContext, reference: string, path: string, deliver: (archive: PathArchive) => Promise<void>): Promise<void> =>
  withContainer(ctx, reference, async (root, container) => {
    using place = find(root, container, path)
    const stat = describe(root, place, path)
    publishContainerEvent(ctx, container, 'archive-path')
    await deliver({ stat, content: packPlace(root, place, { name: stat.name === '/' ? '' : stat.name }) })
  })
