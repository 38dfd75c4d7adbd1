import type { FileChange } from '#shared/contract/containers.ts'

export interface ChangeNode {
  path: string
  name: string
  depth: number
  kind: FileChange['kind']
  /** Changes below it. */
  below: number
}

/** Changes as a tree in lines, folders before what is in them; what is below a folded folder is left out. */
export function changeLines(changes: readonly FileChange[], folded: ReadonlySet<string>, query: string): ChangeNode[] {
  const needle = query.trim().toLowerCase()
  const hits = needle === '' ? changes : changes.filter(({ path }) => path.toLowerCase().includes(needle))
  const kinds = new Map(changes.map(({ path, kind }) => [path, kind]))
  const paths = new Set<string>()
  const below = new Map<string, number>()
  for (const { path } of hits) {
    paths.add(path)
    for (const above of foldersAbove(path)) {
      paths.add(above)
      below.set(above, (below.get(above) ?? 0) + 1)
    }
  }
  return [...paths]
    .sort((a, b) => compareParts(a, b))
    .filter((path) => needle !== '' || !foldersAbove(path).some((above) => folded.has(above)))
    .map((path) => ({ path, name: path.slice(path.lastIndexOf('/') + 1), depth: path.split('/').length - 2, kind: kinds.get(path) ?? 'modified', below: below.get(path) ?? 0 }))
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

/** A folder's own things stay together: `/a/b` before `/a.b`. */
const compareParts = (a: string, b: string) => {
  const [left, right] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')]
  return left < right ? -1 : left > right ? 1 : 0
}
