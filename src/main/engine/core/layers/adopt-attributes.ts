import { chmodSync, lchownSync, lstatSync, lutimesSync, type Stats } from 'node:fs'
import { join } from 'node:path'

/**
 * Gives directories that a layer did not announce the owner, mode and time they have in the layers below (top to bottom): a layer that
 * only holds `tmp/x` must not make /tmp unwritable, and the same files on the same image must be the same layer. `implied` is relative to `directory`, parents first.
 */
export function adoptAttributes(directory: string, implied: readonly string[], below: readonly string[]): void {
  for (const path of implied) {
    const model = directoryBelow(below, path)
    if (!model) continue
    lchownSync(join(directory, path), model.uid, model.gid)
    chmodSync(join(directory, path), model.mode & 0o7777)
    lutimesSync(join(directory, path), model.mtime, model.mtime)
  }
}

/** The directory as the layers below (top to bottom) have it. */
export function directoryBelow(below: readonly string[], path: string): Stats | undefined {
  for (const layer of below) {
    const found = realDirectory(layer, path)
    if (found) return found
  }
  return undefined
}

/** Undefined where the path is absent, or goes through anything but directories. */
function realDirectory(layer: string, path: string): Stats | undefined {
  let place = layer
  let found: Stats | undefined
  for (const part of path.split('/')) {
    place = join(place, part)
    found = lstatSync(place, { throwIfNoEntry: false })
    if (!found?.isDirectory()) return undefined
  }
  return found
}
