import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layers } from '../../core/layers/layers.ts'

export interface TreePlace {
  /** Nobody else's, for what is needed on the way. */
  work: string
  /** Where the files go. */
  folder: string
  /** What has to be undone before the files go. */
  undo: AsyncDisposableStack
}

/** Files for one build, which are gone when the result is disposed, or when they cannot be brought. */
export async function openTemporaryTree<Filled extends object>({ temporary, layers }: { temporary: string; layers: Pick<Layers, 'remove'> }, fill: (place: TreePlace) => Promise<Filled>): Promise<Filled & AsyncDisposable> {
  await using undo = new AsyncDisposableStack()
  const work = join(temporary, `context-${randomUUID()}`)
  undo.defer(() => layers.remove(work))
  const folder = join(work, 'tree')
  await mkdir(work, { recursive: true, mode: 0o700 })
  // `COPY . /x/` gives /x the mode of the tree's own folder.
  await mkdir(folder, { mode: 0o755 })
  const filled = await fill({ work, folder, undo })
  const kept = undo.move()
  return { ...filled, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
