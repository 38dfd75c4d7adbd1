/** A JSON value as lines that can be folded and searched. */
export interface JsonLine {
  /** Keys and positions from the root, joined by U+0000: unique. */
  path: string
  depth: number
  key: string | undefined
  /** Text of a leaf; `{` or `[` of a branch. */
  text: string
  kind: 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array'
  /** Items of a branch; undefined for a leaf. */
  size: number | undefined
}

const SEPARATOR = '\0'
const kindOf = (value: unknown): JsonLine['kind'] => (value === null || value === undefined ? 'null' : Array.isArray(value) ? 'array' : (typeof value as JsonLine['kind']))

function entriesOf(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item])
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** Every line of the value, parents before children; the root itself has none. */
export function jsonLines(value: unknown, path = '', depth = 0): JsonLine[] {
  const inList = Array.isArray(value)
  return entriesOf(value).flatMap(([key, item]) => {
    const kind = kindOf(item)
    const here = `${path}${SEPARATOR}${key}`
    const branch = kind === 'object' || kind === 'array'
    const line: JsonLine = { path: here, depth, key: inList ? undefined : key, kind, text: branch ? (kind === 'array' ? '[' : '{') : JSON.stringify(item ?? null), size: branch ? entriesOf(item).length : undefined }
    return [line, ...jsonLines(item, here, depth + 1)]
  })
}

/** What is in sight: without the insides of folded branches; with a query, only lines that match and the branches they are in. */
export function visibleLines(lines: readonly JsonLine[], folded: ReadonlySet<string>, query: string): JsonLine[] {
  const needle = query.trim().toLowerCase()
  if (needle !== '') {
    const hits = lines.filter(({ key, text, size }) => key?.toLowerCase().includes(needle) || (size === undefined && text.toLowerCase().includes(needle)))
    const wanted = new Set(hits.map(({ path }) => path))
    const ancestors = new Set(hits.flatMap(({ path }) => ancestorsOf(path)))
    return lines.filter(({ path }) => wanted.has(path) || ancestors.has(path) || ancestorsOf(path).some((above) => wanted.has(above)))
  }
  return lines.filter(({ path }) => !ancestorsOf(path).some((above) => folded.has(above)))
}

function ancestorsOf(path: string): string[] {
  const parts = path.split(SEPARATOR).slice(1)
  return parts.slice(0, -1).map((_, index) => `${SEPARATOR}${parts.slice(0, index + 1).join(SEPARATOR)}`)
}
