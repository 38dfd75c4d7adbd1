import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import { removeDeep } from '#base/remove-tree.ts'
import { mountTable } from '../../core/runtime/spec/mount-table.ts'
import type { BuilderContext } from './needs.ts'

/**
 * What the builds of an engine that was killed left: the process of a RUN step, which nobody waits for any more, its root file system, the folders that steps
 * work in with what is mounted there, and snapshots that no step will commit. Called before anything is built.
 */
export async function sweepBuilds(context: Omit<BuilderContext, 'cache'>, log: (line: string) => void): Promise<void> {
  const { layout, snapshots } = context
  const steps = existsSync(layout.buildsRun) ? await readdir(layout.buildsRun) : []
  const attempts = steps.map((id) => removeStep(context, id))
  for (const outcome of await Promise.allSettled(attempts)) if (outcome.status === 'rejected') log(`a build step that was cut off: ${messageOf(outcome.reason)}`)
  await removeWork(context).catch((error: unknown) => log(`the work folders of builds that were cut off: ${messageOf(error)}`))
  for (const { key } of snapshots.listActive()) if (steps.includes(key) || key.startsWith('mount-')) await snapshots.remove(key)
}

async function removeStep({ layout, runtime, snapshots }: Omit<BuilderContext, 'cache'>, id: string): Promise<void> {
  const place = layout.buildStep(id)
  const task = await runtime.openTask(id, place)
  await task?.remove()
  await snapshots.unmount(place.rootfs)
  await rm(dirname(place.bundle), { recursive: true, force: true })
}

/** Nothing is removed through a mount: if one stays, so does its folder. */
async function removeWork({ layout, host }: Omit<BuilderContext, 'cache'>): Promise<void> {
  const mounted = mountTable().map(({ mountPoint }) => mountPoint).filter((point) => point.startsWith(`${layout.temporary}/`))
  for (const target of mounted.reverse()) host.syscalls.unmount(target, { detach: true })
  for (const name of await readdir(layout.temporary)) await removeDeep(join(layout.temporary, name))
}
