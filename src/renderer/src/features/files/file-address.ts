import type { FilePlace } from '#shared/contract/files.ts'

/** Where the browser shell gives a file away, and the name it is saved under: without what a file manager or the drag's own text would take for something else. */
export function fileAddress(origin: string, connection: string, place: FilePlace, path: string, isFolder: boolean): { name: string; address: string } {
  const query = new URLSearchParams({ connection, [place.kind]: place.kind === 'container' ? place.id : place.name, path, as: isFolder ? 'archive' : 'content' })
  const last = path.split('/').at(-1) ?? ''
  return { name: `${last.replaceAll(/[\p{Cc}:/\\]/gu, '_') || 'file'}${isFolder ? '.tar' : ''}`, address: `${origin}/file?${query}` }
}
