import type { LocationQueryRaw } from 'vue-router'

/** The dialogs about volumes; each is an address: `?create`, `?restore`, `?prune`, `?clone=NAME`. */
export const volumeDialogs = ['create', 'restore', 'prune', 'clone'] as const
export type VolumeDialog = (typeof volumeDialogs)[number]

export const withoutDialog = (query: LocationQueryRaw): LocationQueryRaw => Object.fromEntries(Object.entries(query).filter(([key]) => !(volumeDialogs as readonly string[]).includes(key)))

/** `key=value`, one in a line; a line without the sign is a key alone. */
export function readPairs(text: string): Record<string, string> | undefined {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  if (lines.length === 0) return undefined
  return Object.fromEntries(lines.map((line) => (line.includes('=') ? [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] : [line, ''])))
}

/** A name for what comes out of a backup: `shop-data-2026-01-31.tar.gz` was `shop-data`. */
export const nameFromBackup = (path: string): string =>
  (path.split('/').at(-1) ?? '').replace(/\.(tar(\.(gz|zst|xz|bz2))?|tgz|tzst)$/i, '').replace(/-\d{4}-\d{2}-\d{2}$/, '').replace(/[^a-zA-Z0-9_.-]+/g, '-').replace(/^[^a-zA-Z0-9]+/, '')

export const isVolumeName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)
