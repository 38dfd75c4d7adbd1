import { chmodSync, lchownSync, lstatSync, lutimesSync, type Stats } from 'node:fs'
import { fromText, toPath, type BytePath } from './byte-path.ts'

/**
 * Gives directories that a layer did not announce the owner, mode and time they have in the layers below (top to bottom): a layer that
 * only holds `tmp/x` must not make /tmp unwritable, and the same files on the same image must be the same layer. `implied` is relative to `directory`, parents first.
 */
export function adoptAttributes(directory: string, implied: readonly BytePath[], below: readonly string[]): void {
  for (const path of implied) {
    const model = directoryBelow(below, path)
    if (!model) continue
    const place = toPath(`${fromText(directory)}/${path}`)
    lchownSync(place, model.uid, model.gid)
    chmodSync(place, model.mode & 0o7777)
    lutimesSync(place, model.mtime, model.mtime)
  }
}

/** The directory as the layers below (top to bottom) have it. */
export function directoryBelow(below: readonly string[], path: BytePath): Stats | undefined {
  for (const layer of below) {
    const found = realDirectory(layer, path)
    if (found) return found
  }
  return undefined
}

/** Undefined where the path is absent, or goes through anything but directories. */
function realDirectory(layer: string, path: BytePath): Stats | undefined {
  let place = fromText(layer)
  let found: Stats | undefined
  for (const part of path.split('/')) {
    place = `${place}/${part}`
    found = lstatSync(toPath(place), { throwIfNoEntry: false })
    if (!found?.isDirectory()) return undefined
  }
  return found
}
