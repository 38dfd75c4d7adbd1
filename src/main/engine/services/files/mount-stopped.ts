import { closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Root } from '../../core/files/files.ts'
import { makeDirectory, makeEmptyFile } from '../../core/files/make.ts'
import { crossing, type FilesContext } from './context.ts'
import type { ContainerFacts, MountFacts } from './needs.ts'

const O_PATH = 0o10000000

/**
 * Mounts the snapshot of a container that does not run where its start would mount it, with volumes and binds in their places. The places are found
 * from the root's descriptor and mounted on by descriptor, so no link in the image leads a mount elsewhere. Whoever calls holds the
 * container. `readOnly`: nothing can be mounted in places that are not there. What a crash leaves mounted goes with the root file system's mount when the engine starts again.
 */
export async function mountForReading(ctx: FilesContext, container: ContainerFacts, { readOnly = false } = {}): Promise<AsyncDisposable & { root: Root }> {
  const { rootfs } = ctx.layout.container(container.id)
  await using undo = new AsyncDisposableStack()
  mkdirSync(rootfs, { recursive: true })
  await ctx.snapshots.mount(container.id, rootfs, { readOnly })
  // Takes along what is mounted on it.
  undo.defer(() => ctx.snapshots.unmount(rootfs))
  const descriptor = undo.adopt(openSync(rootfs, O_PATH | constants.O_DIRECTORY), closeSync)
  const root: Root = { descriptor, syscalls: ctx.host.syscalls, crosses: crossing(container) }
  for (const mount of container.mounts.toSorted((a, b) => depth(a.target) - depth(b.target))) await attach(ctx, container.id, root, mount, undo)
  const held = undo.move()
  return { root, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** With its hosts, hostname and resolv.conf as it had them when it last ran, which are mounted too. */
export function withNameFiles({ layout }: FilesContext, container: ContainerFacts): ContainerFacts {
  const { hostsFile, hostnameFile, resolvConfFile } = layout.container(container.id)
  const files = [['/etc/hosts', hostsFile], ['/etc/hostname', hostnameFile], ['/etc/resolv.conf', resolvConfFile]] as const
  const taken = new Set(container.mounts.map(({ target }) => target))
  const own = files.filter(([target]) => !taken.has(target)).map(([target, source]): MountFacts => ({ kind: 'bind', source, target, readonly: container.host.ReadonlyRootfs ?? false }))
  return { ...container, mounts: [...container.mounts, ...own] }
}

const depth = (path: string) => path.split('/').length

/** A tmpfs has nothing while its container does not run. */
async function attach(ctx: FilesContext, id: string, root: Root, mount: MountFacts, undo: AsyncDisposableStack): Promise<void> {
  if (mount.kind === 'tmpfs') return
  const source = mount.kind === 'bind' ? mount.source : await holdVolume(ctx, id, mount, undo)
  const found = statSync(source, { throwIfNoEntry: false })
  if (!found) return
  const place = openPlace(root, mount.target, found.isDirectory())
  try {
    const recursive = mount.kind === 'bind' && !mount.nonRecursive ? (['recursive'] as const) : []
    ctx.host.syscalls.mount({ source, target: `/proc/self/fd/${place}`, type: '', flags: ['bind', ...recursive] })
  } finally {
    closeSync(place)
  }
  if (mount.readonly) makeReadOnly(ctx, root, mount.target)
}

/** By a descriptor of its own: the place's is of what the mount now hides. */
function makeReadOnly({ host }: FilesContext, root: Root, target: string): void {
  const mounted = root.syscalls.openInRoot(root.descriptor, target, O_PATH)
  try {
    host.syscalls.mount({ source: 'none', target: `/proc/self/fd/${mounted}`, type: '', flags: ['remount', 'bind', 'readonly'] })
  } finally {
    closeSync(mounted)
  }
}

async function holdVolume(ctx: FilesContext, id: string, mount: Extract<MountFacts, { kind: 'volume' }>, undo: AsyncDisposableStack): Promise<string> {
  const holder = `files of ${id}`
  const path = await ctx.needs.volumes.acquire(mount.volume, holder, mount.subpath)
  undo.defer(() => ctx.needs.volumes.release(mount.volume, holder))
  return path
}

/** The place to mount on; made when it is not there yet, as the start of the container would. */
function openPlace(root: Root, target: string, isDirectory: boolean): number {
  try {
    return root.syscalls.openInRoot(root.descriptor, target, O_PATH)
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error
  }
  if (isDirectory) makeDirectory(root, target, { parents: true, mode: 0o755 })
  else makeEmptyFile(root, target)
  const made = root.syscalls.openInRoot(root.descriptor, target, O_PATH)
  if (statSync(`/proc/self/fd/${made}`).isDirectory() === isDirectory) return made
  closeSync(made)
  throw new EngineError('failed-precondition', `cannot mount on ${target}: it is of another kind than what is to be mounted`, { reason: 'other-kind' })
}
