/**
 * What the layers of an image do to one another: which files each adds, changes and takes away, and which bytes are carried along though
 * nobody can see them, because a later layer writes the file again or deletes it (**wasted**).
 *
 * Entries are told in the order of the layers, base first. What hides something hides only what the layers below brought, wherever
 * in its own layer it stands.
 */

/** One thing a layer brings or takes away, wherever it was read (an engine's snapshot, a tar archive). */
export interface LayerEntry {
  /** Absolute in the container. */
  path: string
  type: 'file' | 'directory' | 'symlink' | 'special' | 'deleted'
  size?: number
  mode?: number
  target?: string
  /** Hides everything that the layers below have in this directory. */
  opaque?: boolean
}

export interface SurveyedFile {
  path: string
  type: LayerEntry['type']
  /** `kept`: a directory that was there already. */
  change: 'added' | 'changed' | 'deleted' | 'kept'
  /** Of a deleted file: what it took below. */
  bytes: number
  mode?: number
  target?: string
  /** The layer that writes it again or deletes it; the bytes here are carried along for nothing. */
  hiddenBy?: number
}

export interface SurveyedLayer {
  files: SurveyedFile[]
  /** Of file content. */
  bytes: number
  added: number
  changed: number
  deleted: number
  wastedBytes: number
}

/** A path whose bytes are carried more often than once, or though it is gone. */
export interface WastedFile {
  path: string
  bytes: number
  /** Layers that carry bytes nobody sees. */
  layers: number[]
  /** What became of it at last. */
  end: 'deleted' | 'changed'
}

export interface LayerSurvey {
  layers: readonly SurveyedLayer[]
  bytes: number
  wastedBytes: number
  /** Largest first. */
  wasted: WastedFile[]
}

interface Place {
  children?: Map<string, Place>
  /** What is seen here, and which layer brought it. */
  seen?: { file: SurveyedFile; layer: number }
}

export interface LayerSurveyor {
  /** The entries to come are those of the next layer. */
  beginLayer(): void
  add(entry: LayerEntry): void
  finish(): LayerSurvey
}

export function createLayerSurveyor(): LayerSurveyor {
  const root: Place = {}
  const layers: SurveyedLayer[] = []
  const hidden: { file: SurveyedFile; layer: number }[] = []

  /** Takes out of sight what earlier layers have at and below a place. @returns bytes. */
  function hide(place: Place, by: number): number {
    let bytes = hideBelow(place, by)
    if (place.seen && place.seen.layer < by) {
      place.seen.file.hiddenBy = by
      hidden.push(place.seen)
      bytes += place.seen.file.bytes
      place.seen = undefined
    }
    return bytes
  }
  function hideBelow(place: Place, by: number): number {
    let bytes = 0
    for (const [name, child] of place.children ?? []) {
      bytes += hide(child, by)
      if (!child.seen && !child.children?.size) place.children?.delete(name)
    }
    return bytes
  }

  function remove(place: Place, path: string, index: number, layer: SurveyedLayer): void {
    const type = place.seen?.file.type ?? 'deleted'
    const there = (place.seen !== undefined && place.seen.layer < index) || (place.children?.size ?? 0) > 0
    const bytes = hide(place, index)
    layer.files.push({ path, type, change: 'deleted', bytes })
    if (there) layer.deleted++
  }

  function bring(place: Place, entry: LayerEntry, index: number, layer: SurveyedLayer): void {
    const { path, type, size: bytes = 0, mode, target } = entry
    const before = place.seen?.file
    const folders = before?.type === 'directory' && type === 'directory'
    const change = before === undefined ? 'added' : folders ? 'kept' : 'changed'
    if (before && !folders) hide(place, index)
    if (entry.opaque) for (const [name, child] of place.children ?? []) if (child.seen && child.seen.layer < index) remove(child, `${path === '/' ? '' : path}/${name}`, index, layer)
    const file: SurveyedFile = { path, type, change, bytes, ...(mode !== undefined && { mode }), ...(target !== undefined && { target }) }
    place.seen = { file, layer: index }
    layer.files.push(file)
    layer.bytes += bytes
    if (change === 'added') layer.added++
    if (change === 'changed') layer.changed++
  }

  return {
    beginLayer: () => void layers.push({ files: [], bytes: 0, added: 0, changed: 0, deleted: 0, wastedBytes: 0 }),
    add(entry) {
      const layer = layers.at(-1)
      if (!layer) throw new Error('no layer was begun')
      const place = placeOf(root, entry.path)
      if (entry.type === 'deleted') remove(place, entry.path, layers.length - 1, layer)
      else bring(place, entry, layers.length - 1, layer)
    },
    finish() {
      for (const { file, layer } of hidden) if (layers[layer]) layers[layer].wastedBytes += file.bytes
      const wasted = gatherWaste(hidden, (path) => placeOf(root, path).seen !== undefined)
      return { layers, bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0), wastedBytes: wasted.reduce((sum, { bytes }) => sum + bytes, 0), wasted }
    },
  }
}

function placeOf(root: Place, path: string): Place {
  let place = root
  for (const name of path.split('/')) {
    if (name === '') continue
    place.children ??= new Map()
    let next = place.children.get(name)
    if (!next) place.children.set(name, (next = {}))
    place = next
  }
  return place
}

function gatherWaste(hidden: readonly { file: SurveyedFile; layer: number }[], isThere: (path: string) => boolean): WastedFile[] {
  const byPath = new Map<string, WastedFile>()
  for (const { file, layer } of hidden) {
    if (file.bytes === 0) continue
    const known = byPath.get(file.path)
    if (known) {
      known.bytes += file.bytes
      known.layers.push(layer)
    } else byPath.set(file.path, { path: file.path, bytes: file.bytes, layers: [layer], end: isThere(file.path) ? 'changed' : 'deleted' })
  }
  return [...byPath.values()].sort((a, b) => b.bytes - a.bytes)
}
