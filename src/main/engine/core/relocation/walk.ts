import type { BigIntStats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'

/** Names are bytes: what containers write need not be text. */
export interface TreeEntry {
  /** Below the root. */
  name: Buffer
  path: Buffer
  stat: BigIntStats
}

const SLASH = Buffer.from('/')
export const below = (root: Buffer, name: Buffer): Buffer => Buffer.concat([root, SLASH, name])

/** Everything below the root, a folder before what is in it, in an order that depends on names alone. `without`: names at the top that are passed over. */
export async function* walkTree(root: Buffer, without: readonly string[] = []): AsyncGenerator<TreeEntry> {
  for (const name of await sorted(root)) {
    if (without.includes(name.toString())) continue
    yield* walkFrom(root, name)
  }
}

async function* walkFrom(root: Buffer, name: Buffer): AsyncGenerator<TreeEntry> {
  const path = below(root, name)
  const stat = await lstat(path, { bigint: true })
  yield { name, path, stat }
  if (!stat.isDirectory()) return
  for (const child of await sorted(path)) yield* walkFrom(root, below(name, child))
}

const sorted = async (folder: Buffer): Promise<Buffer[]> => (await readdir(folder, { encoding: 'buffer' })).sort(Buffer.compare)

/** Which file on disk it is: names of the same one are links of one another. */
export const fileOn = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`
