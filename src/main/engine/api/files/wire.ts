import { constants, type Stats } from 'node:fs'
import type { Change } from '../../core/layers/layers.ts'
import type { PathStat } from '../../services/files/path-stat.ts'

/** Go's os.FileMode, which Docker sends as a number: https://pkg.go.dev/io/fs#FileMode */
const KINDS: Record<number, number> = {
  [constants.S_IFDIR]: 2 ** 31,
  [constants.S_IFLNK]: 2 ** 27,
  [constants.S_IFBLK]: 2 ** 26,
  [constants.S_IFCHR]: 2 ** 26 + 2 ** 21,
  [constants.S_IFIFO]: 2 ** 25,
  [constants.S_IFSOCK]: 2 ** 24,
}
const SPECIAL_BITS = [[0o4000, 2 ** 23], [0o2000, 2 ** 22], [0o1000, 2 ** 20]] as const

export const goFileMode = ({ mode }: Pick<Stats, 'mode'>): number =>
  (mode & 0o777) + (KINDS[mode & constants.S_IFMT] ?? 0) + SPECIAL_BITS.reduce((sum, [bit, value]) => sum + (mode & bit ? value : 0), 0)

/** Value of X-Docker-Container-Path-Stat. */
export function pathStatHeader({ name, stat, linkTarget }: PathStat): string {
  const body = { name, size: stat.size, mode: goFileMode(stat), mtime: stat.mtime.toISOString(), linkTarget }
  return Buffer.from(JSON.stringify(body)).toString('base64')
}

const CHANGE_KINDS = { modified: 0, added: 1, deleted: 2 } as const
export const changeJson = ({ path, kind }: Change) => ({ Path: path, Kind: CHANGE_KINDS[kind] })
