import type { SurveyedFile } from '#shared/images/layer-survey.ts'

/** A folder or file of a layer, with what is in it. */
export interface LayerNode {
  name: string
  path: string
  /** Undefined for a folder that the layer only passes through. */
  file?: SurveyedFile
  children?: Map<string, LayerNode>
  /** Of itself and all below. */
  bytes: number
  wastedBytes: number
  files: number
}

export interface LayerRow {
  node: LayerNode
  depth: number
  folder: boolean
  open: boolean
}
export type LayerFilter = 'all' | 'added' | 'changed' | 'deleted' | 'wasted'
export type LayerOrder = 'name' | 'size'

export function layerTree(files: readonly SurveyedFile[]): LayerNode {
  const root: LayerNode = { name: '', path: '', bytes: 0, wastedBytes: 0, files: 0 }
  const folders = new Map([['', root]])

  function folderAt(path: string): LayerNode {
    const known = folders.get(path)
    if (known) return known
    const made = childOf(folderAt(path.slice(0, path.lastIndexOf('/'))), path)
    folders.set(path, made)
    return made
  }
  for (const file of files) childOf(folderAt(file.path.slice(0, file.path.lastIndexOf('/'))), file.path).file = file
  sum(root)
  return root
}

function childOf(parent: LayerNode, path: string): LayerNode {
  parent.children ??= new Map()
  const name = path.slice(path.lastIndexOf('/') + 1)
  const known = parent.children.get(name)
  if (known) return known
  const made: LayerNode = { name, path, bytes: 0, wastedBytes: 0, files: 0 }
  parent.children.set(name, made)
  return made
}

function sum(node: LayerNode): void {
  const { file } = node
  if (file) {
    node.bytes = file.bytes
    node.wastedBytes = file.hiddenBy === undefined ? 0 : file.bytes
    node.files = file.type !== 'directory' || file.change === 'deleted' ? 1 : 0
  }
  for (const child of node.children?.values() ?? []) {
    sum(child)
    node.bytes += child.bytes
    node.wastedBytes += child.wastedBytes
    node.files += child.files
  }
}

const fits: Record<LayerFilter, (file: SurveyedFile) => boolean> = {
  all: () => true,
  added: ({ change }) => change === 'added',
  changed: ({ change }) => change === 'changed',
  deleted: ({ change }) => change === 'deleted',
  wasted: ({ hiddenBy, bytes }) => hiddenBy !== undefined && bytes > 0,
}

/** The files that a search or a filter leaves; the same list when neither is set. */
export function filterFiles(files: readonly SurveyedFile[], query: string, filter: LayerFilter): readonly SurveyedFile[] {
  const needle = query.trim().toLowerCase()
  if (needle === '' && filter === 'all') return files
  return files.filter((file) => fits[filter](file) && (needle === '' || file.path.toLowerCase().includes(needle)) && (filter === 'all' || file.type !== 'directory' || file.change !== 'kept'))
}

/** Rows in sight: folders first by name, or the largest first. `isOpen` of a folder's path. */
export function visibleRows(root: LayerNode, isOpen: (path: string) => boolean, order: LayerOrder): LayerRow[] {
  const rows: LayerRow[] = []
  const isFolder = ({ children, file }: LayerNode) => children !== undefined || file?.type === 'directory'
  const byName = (a: LayerNode, b: LayerNode) => Number(isFolder(b)) - Number(isFolder(a)) || (a.name < b.name ? -1 : 1)
  const bySize = (a: LayerNode, b: LayerNode) => b.bytes - a.bytes || byName(a, b)
  const walk = (node: LayerNode, depth: number) => {
    for (const child of [...(node.children?.values() ?? [])].sort(order === 'size' ? bySize : byName)) {
      const folder = isFolder(child)
      const open = folder && child.children !== undefined && isOpen(child.path)
      rows.push({ node: child, depth, folder, open })
      if (open) walk(child, depth + 1)
    }
  }
  walk(root, 0)
  return rows
}
