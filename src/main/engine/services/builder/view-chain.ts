import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BaseImage, BuilderContext } from './needs.ts'

/** A folder for the time of `work`. */
export async function withFolder<Result>({ layout, layers }: Pick<BuilderContext, 'layout' | 'layers'>, work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = join(layout.temporary, `build-${randomUUID()}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  try {
    return await work(folder)
  } finally {
    await layers.remove(folder)
  }
}

/** The files of a chain, read-only, for the time of `work`; undefined for an empty one. */
export async function viewChain<Result>(context: Pick<BuilderContext, 'layout' | 'layers' | 'snapshots'>, chain: BaseImage['chain'], work: (folder: string | undefined) => Promise<Result>): Promise<Result> {
  if (!chain) return work(undefined)
  return withFolder(context, async (folder) => {
    await context.snapshots.mountView(chain, folder)
    try {
      return await work(folder)
    } finally {
      await context.snapshots.unmount(folder)
    }
  })
}
