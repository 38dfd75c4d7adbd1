import type { HostEntry, HostFolder, PathChoice } from '#shared/contract/app.ts'

/** What is typed, in two: the folder that is listed, with its last slash, and the beginning of a name in it. */
export function splitPath(text: string): { folder: string; partial: string } {
  const at = text.lastIndexOf('/')
  if (at < 0) return text.startsWith('~') ? { folder: '~/', partial: '' } : { folder: '~/', partial: text }
  return { folder: text.slice(0, at + 1), partial: text.slice(at + 1) }
}

export const joinPath = (folder: string, name: string): string => `${folder.replace(/\/$/, '')}/${name}`

/** The entries that what is typed may still mean. Hidden ones only once a dot is typed; files only where one is wanted. */
export function fitting(entries: readonly HostEntry[], partial: string, { kind, filters = [] }: Pick<PathChoice, 'kind' | 'filters'>): HostEntry[] {
  const needle = partial.toLowerCase()
  const endings = filters.flatMap(({ extensions }) => extensions.map((each) => `.${each.toLowerCase()}`))
  const wanted = ({ kind: is, name }: HostEntry) => is === 'folder' || (kind !== 'folder' && (endings.length === 0 || endings.includes('.*') || endings.some((ending) => name.toLowerCase().endsWith(ending))))
  return entries.filter((entry) => wanted(entry) && (needle.startsWith('.') || !entry.name.startsWith('.')) && entry.name.toLowerCase().startsWith(needle))
}

/** As far as all that fits agree; a single folder is entered. */
export function complete(folder: string, partial: string, entries: readonly HostEntry[]): string {
  const [first, ...rest] = entries
  if (!first) return folder + partial
  if (rest.length === 0) return folder + first.name + (first.kind === 'folder' ? '/' : '')
  let length = first.name.length
  for (const { name } of rest) while (name.slice(0, length).toLowerCase() !== first.name.slice(0, length).toLowerCase()) length--
  return folder + (length > partial.length ? first.name.slice(0, length) : partial)
}

export type Chosen = { path: string; replaces: boolean } | undefined

/** What Choose would give, by what is typed; undefined while that is nothing of the kind wanted. */
export function chosen(listed: HostFolder, partial: string, { kind }: Pick<PathChoice, 'kind'>): Chosen {
  const entry = listed.entries.find(({ name }) => name === partial)
  const path = joinPath(listed.path, partial)
  if (partial === '') return kind === 'folder' ? { path: listed.path, replaces: false } : undefined
  if (kind === 'save') return entry?.kind === 'folder' ? undefined : { path, replaces: entry !== undefined }
  return entry?.kind === kind ? { path, replaces: false } : undefined
}
