import { closeSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Root } from '../../core/files/files.ts'
import { isKernelsOwn } from '../../core/files/kernels-own.ts'
import { openDirectory, pathOf } from '../../core/files/locate.ts'
import { unpack } from '../../core/files/unpack.ts'
import { fromText } from '../../core/layers/byte-path.ts'
import { resolveUser } from '../../core/runtime/spec/user.ts'
import { publishContainerEvent, type FilesContext } from './context.ts'
import type { ContainerFacts } from './needs.ts'
import { withContainer } from './open-container.ts'
import { absolute, noSuchFile } from './path-stat.ts'

export interface WriteOptions {
  /** A directory in the container, reached through links as well. */
  path: string
  /** Refuses to put a directory where something else is, and the other way round. */
  keepKinds: boolean
  /** All is to belong to the container's user. */
  toUser: boolean
  signal?: AbortSignal
}

/** `docker cp` into a container: unpacks an archive, compressed or not. @throws not-found, invalid-argument (no directory, read-only) */
export const writeArchive = (ctx: FilesContext, reference: string, source: Readable, options: WriteOptions): Promise<void> =>
  withContainer(ctx, reference, async (root, container) => {
    const place = resolveTarget(root, container, options.path)
    refuseReadOnly(container, place)
    const owner = options.toUser && container.config.User ? await ownerOf(ctx, root, container.config.User) : undefined
    const { keepKinds, signal } = options
    try {
      await unpack(root, place, source, { keepKinds, inUserNamespace: ctx.host.facts.rootless, ...(owner && { owner }), ...(signal && { signal }) })
    } catch (error) {
      if (isEngineError(error) && error.reason?.toUpperCase() === 'EROFS') throw readOnlyError(container, place)
      throw error
    }
    publishContainerEvent(ctx, container, 'extract-to-dir')
  })

/** The real path, links behind it. */
function resolveTarget(root: Root, container: ContainerFacts, path: string): string {
  try {
    const directory = openDirectory(root, fromText(absolute(path)))
    try {
      if (!isKernelsOwn(directory)) return pathOf(root, directory)
    } finally {
      closeSync(directory)
    }
  } catch (error) {
    if (isEngineError(error) && error.reason === 'not-a-directory') throw new EngineError('invalid-argument', 'extraction point is not a directory', { reason: 'not-a-directory', cause: error })
    if (!isEngineError(error, 'not-found')) throw error
  }
  throw noSuchFile(path, container)
}

/** The mount that is nearest above the place decides; the kernel's own refusal while writing (EROFS) is the last word. */
export function refuseReadOnly(container: ContainerFacts, place: string): void {
  const nearest = nearestMount(container, place)
  if (nearest ? nearest.readonly : container.host.ReadonlyRootfs) throw readOnlyError(container, place)
}

export const readOnlyError = (container: ContainerFacts, place: string) =>
  new EngineError('invalid-argument', nearestMount(container, place) ? 'mounted volume is marked read-only' : 'container rootfs is marked read-only', { reason: 'read-only' })

function nearestMount({ mounts, host }: ContainerFacts, place: string): { target: string; readonly: boolean } | undefined {
  const tmpfs = Object.entries(host.Tmpfs ?? {}).map(([target, options]) => ({ target, readonly: options.split(',').includes('ro') }))
  const above = [...mounts, ...tmpfs].filter(({ target }) => place === target || place.startsWith(`${target}/`))
  return above.sort((a, b) => b.target.length - a.target.length)[0]
}

async function ownerOf(ctx: FilesContext, root: Root, user: string): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = await resolveUser({ rootfs: `/proc/self/fd/${root.descriptor}`, user }, ctx.host)
  return { uid, gid }
}
