import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import type { Root } from '../../core/files/files.ts'
import { crossing, isAlive, type FilesContext } from './context.ts'
import { mountForReading, withNameFiles } from './mount-stopped.ts'
import type { ContainerFacts } from './needs.ts'

const HOLD_DIRECTORY = 0o10000000 /* O_PATH */ | constants.O_DIRECTORY

/**
 * Gives the work a root that is `/` as the container sees it, with everything that is mounted into it.
 *
 * While it runs that is the root of its first process, /proc/PID/root: volumes, binds and tmpfs are where they are for it, read-only
 * what is read-only for it. Otherwise its snapshot is mounted, and volumes and binds on it, for as long as the work takes; nobody may start it then.
 */
export async function withContainer<Result>(ctx: FilesContext, reference: string, use: (root: Root, container: ContainerFacts) => Promise<Result>): Promise<Result> {
  const work = (root: Root, found: ContainerFacts) => use(root, { ...found, asked: reference })
  const container = ctx.needs.containers.get(reference)
  if (isAlive(container)) {
    using root = openRunning(ctx, container)
    if (root) return await work(root, container)
  }
  return await ctx.needs.containers.hold(container.id, async (held) => {
    if (isAlive(held)) {
      using running = openRunning(ctx, held) ?? openWithoutMounts(ctx, held)
      return await work(running, held)
    }
    await using mounted = await mountForReading(ctx, withNameFiles(ctx, held))
    return await work(mounted.root, held)
  })
}

/** Without what is mounted into it: for export, and while another has a view of its own. */
export async function withRootfs<Result>(ctx: FilesContext, reference: string, work: (root: Root, container: ContainerFacts) => Promise<Result>): Promise<Result> {
  const container = ctx.needs.containers.get(reference)
  if (isAlive(container)) {
    using root = openWithoutMounts(ctx, container)
    // Its end is recorded before it is unmounted: alive still, it was mounted when it was opened.
    if (isAlive(ctx.needs.containers.get(container.id))) return await work(root, container)
  }
  return await ctx.needs.containers.hold(container.id, async (held) => {
    await using mounted = isAlive(held) ? undefined : await mountForReading(ctx, { ...held, mounts: [] }, { readOnly: true })
    if (mounted) return await work(mounted.root, held)
    using root = openWithoutMounts(ctx, held)
    return await work(root, held)
  })
}

/**
 * The pid may belong to somebody else by now, and a process may have changed its own root: what is found counts only if it is the directory that was
 * mounted for this container. Undefined otherwise.
 */
function openRunning({ host, layout }: FilesContext, container: ContainerFacts): (Root & Disposable) | undefined {
  let descriptor: number
  try {
    descriptor = openSync(`/proc/${container.state.pid}/root`, HOLD_DIRECTORY)
  } catch {
    return undefined
  }
  const [found, expected] = [fstatSync(descriptor), statSync(layout.container(container.id).rootfs, { throwIfNoEntry: false })]
  if (expected && found.dev === expected.dev && found.ino === expected.ino) return disposable({ descriptor, syscalls: host.syscalls, crosses: crossing(container) })
  closeSync(descriptor)
  return undefined
}

const openWithoutMounts = ({ host, layout }: FilesContext, { id }: ContainerFacts): Root & Disposable => disposable({ descriptor: openSync(layout.container(id).rootfs, HOLD_DIRECTORY), syscalls: host.syscalls })

const disposable = (root: Root): Root & Disposable => ({ ...root, [Symbol.dispose]: () => closeSync(root.descriptor) })
