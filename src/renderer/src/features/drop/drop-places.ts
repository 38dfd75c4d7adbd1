import type { HostPath } from '#shared/contract/app.ts'

/** Where a path of the machine can be opened, by what it is: the pages of others, by their addresses. */
export function placeFor({ path, folder, kind, suits }: HostPath): { path: string; query: Record<string, string> } | undefined {
  if (suits.includes('archive')) return { path: '/images', query: { load: path } }
  if (suits.includes('compose') && (kind === 'file' || !suits.includes('build'))) return { path: '/compose', query: { file: path } }
  if (suits.includes('build')) return { path: '/build', query: kind === 'file' ? { folder, file: path } : { folder: path } }
  return undefined
}

/** In the container, where what is mounted is looked for by nobody else. */
export const mountTarget = (source: string): string => `/mnt/${source.replace(/\/+$/, '').split('/').at(-1)?.replace(/[^\w.-]+/g, '-') || 'folder'}`
