import type { FileEntry } from '#shared/contract/files.ts'

/** A name in a folder. */
export const childPath = (folder: string, name: string): string => `${folder.replace(/\/$/, '')}/${name}`

export const parentPath = (path: string): string => path.slice(0, path.replace(/\/$/, '').lastIndexOf('/')) || '/'

/** Every folder from the root down, for breadcrumbs. */
export function crumbs(path: string): { name: string; path: string }[] {
  const parts = path.split('/').filter((part) => part !== '')
  return parts.map((name, index) => ({ name, path: `/${parts.slice(0, index + 1).join('/')}` }))
}

/** `drwxr-sr-t`, as ls writes it. */
export function modeText({ kind, mode }: Pick<FileEntry, 'kind' | 'mode'>): string {
  const type = { file: '-', directory: 'd', symlink: 'l', char: 'c', block: 'b', fifo: 'p', socket: 's' }[kind]
  const triple = (shift: number, special: boolean, letter: string) => {
    const bits = (mode >> shift) & 7
    const execute = (bits & 1) !== 0
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-'}`
  }
  return type + triple(6, (mode & 0o4000) !== 0, 's') + triple(3, (mode & 0o2000) !== 0, 's') + triple(0, (mode & 0o1000) !== 0, 't')
}

/** What would be wrong with a new name; undefined when nothing is. */
export function nameProblem(name: string, taken: readonly string[]): 'empty' | 'slash' | 'dots' | 'long' | 'taken' | undefined {
  if (name === '') return 'empty'
  if (name.includes('/') || name.includes('\0')) return 'slash'
  if (name === '.' || name === '..') return 'dots'
  if (new TextEncoder().encode(name).length > 255) return 'long'
  return taken.includes(name) ? 'taken' : undefined
}

/** Control characters, and those that turn the direction of writing, are shown and not obeyed: `invoice‮fdp.exe` must not look like a pdf. */
export const visibleName = (name: string): string => name.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f]/gu, '�')

const pictures: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp', avif: 'image/avif', bmp: 'image/bmp', ico: 'image/x-icon', svg: 'image/svg+xml' }

/** The type of a picture by its name; an svg is shown as a picture too, where its scripts do not run. */
export const pictureType = (name: string): string | undefined => pictures[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]
