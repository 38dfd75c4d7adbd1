import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from '../../core/layers/layers.ts'
import { isMountStub } from '../../core/snapshots/mount-stubs.ts'
import type { FilesystemsContext } from './needs.ts'

/** What differs from the image, without what is there only because the engine mounts on it. */
export async function changesOf({ containers, snapshots, layers }: FilesystemsContext, reference: string): Promise<Change[]> {
  const { id, image } = containers.get(reference)
  const source = snapshots.changesOf({ key: id })
  const below = source.below ?? (image.chain ? snapshots.layerDirectories(image.chain) : [])
  const changes = await layers.changes({ ...source, below })
  const own = changes.filter(({ path, kind }) => !(kind === 'added' && isMountStub(path) && isEmpty(join(source.directory, path))))
  const holdsChange = (folder: string) => own.some(({ path }) => path.startsWith(`${folder}/`))
  // A folder that changed only by what was made in it for a mount did not change.
  return own.filter(({ path, kind }) => kind !== 'modified' || !isMountStub(path) || own.length === changes.length || holdsChange(path))
}

function isEmpty(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return readdirSync(path).every((name) => isEmpty(join(path, name)))
  return stat?.isFile() === true && stat.size === 0
}
