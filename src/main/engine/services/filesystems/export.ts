import { randomUUID } from 'node:crypto'
import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FilesystemsContext } from './needs.ts'

/** The merged tree as a tar stream: of the mount that the running container uses, or of one made for the reading. */
export async function exportContainer({ containers, snapshots, layers, layout }: FilesystemsContext, reference: string): Promise<Readable> {
  const { id, state } = containers.get(reference)
  if (state.status === 'running' || state.status === 'paused') return layers.pack(layout.container(id).rootfs)
  const folder = join(layout.temporary, `export-${randomUUID()}`)
  await using undo = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  undo.defer(() => rmdir(folder))
  await snapshots.mount(id, folder)
  undo.defer(() => snapshots.unmount(folder))
  const stream = layers.pack(folder)
  const held = undo.move()
  stream.once('close', () => void held.disposeAsync())
  return stream
}
