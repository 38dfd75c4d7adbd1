import { constants, type BigIntStats } from 'node:fs'
import { open, readlink } from 'node:fs/promises'
import { EngineError } from '#shared/errors.ts'
import type { TreeCopy } from './copy-tree.ts'
import type { RelocationSyscalls } from './relocate.ts'
import { fileOn, walkTree, type TreeEntry } from './walk.ts'

const CHUNK = 1024 * 1024

/** Compares a copy with what it was made from: every name, attribute and byte. @throws data-loss naming the first difference. */
export async function verifyTree({ from, to, without, syscalls, signal, tell }: TreeCopy): Promise<void> {
  const [source, copy] = [walkTree(Buffer.from(from), without), walkTree(Buffer.from(to))]
  const links = new Map<string, string>()
  let bytes = 0
  for (;;) {
    signal.throwIfAborted()
    const [here, there] = [(await source.next()).value as TreeEntry | undefined, (await copy.next()).value as TreeEntry | undefined]
    if (!here && !there) return
    if (!here || !there || !here.name.equals(there.name)) throw different(here?.name ?? there?.name, 'is not in both')
    const known = links.get(fileOn(here.stat))
    if (known !== undefined) {
      if (known !== fileOn(there.stat)) throw different(here.name, 'is no longer a link of the same file')
      continue
    }
    links.set(fileOn(here.stat), fileOn(there.stat))
    const what = differingAttribute(here.stat, there.stat) ?? (sameXattrs(here, there, syscalls) ? undefined : 'has other extended attributes')
    if (what) throw different(here.name, what)
    if (here.stat.isSymbolicLink() && !(await readlink(here.path, { encoding: 'buffer' })).equals(await readlink(there.path, { encoding: 'buffer' }))) throw different(here.name, 'points elsewhere')
    if (here.stat.isFile()) await compareContent(here, there, signal, (more) => tell((bytes += more)))
  }
}

/** The size of a folder is its file system's own affair. */
function differingAttribute(here: BigIntStats, there: BigIntStats): string | undefined {
  if (here.mode !== there.mode) return 'has another mode'
  if (here.uid !== there.uid || here.gid !== there.gid) return 'has another owner'
  if (here.rdev !== there.rdev) return 'is another device'
  if (here.mtimeNs !== there.mtimeNs) return 'has another time'
  return !here.isDirectory() && here.size !== there.size ? 'has another size' : undefined
}

function sameXattrs(here: TreeEntry, there: TreeEntry, syscalls: RelocationSyscalls): boolean {
  const read = ({ path }: TreeEntry) => JSON.stringify(syscalls.listXattrs(path).sort().map((name) => [name, Buffer.from(syscalls.getXattr(path, name) ?? []).toString('base64')]))
  return read(here) === read(there)
}

async function compareContent(here: TreeEntry, there: TreeEntry, signal: AbortSignal, compared: (bytes: number) => void): Promise<void> {
  await using source = await open(here.path, constants.O_RDONLY | constants.O_NOFOLLOW)
  await using copy = await open(there.path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const length = Math.min(CHUNK, Math.max(1, Number(here.stat.size)))
  const [left, right] = [Buffer.allocUnsafe(length), Buffer.allocUnsafe(length)]
  for (let position = 0; ; ) {
    signal.throwIfAborted()
    const [{ bytesRead }, other] = await Promise.all([source.read(left, 0, length, position), copy.read(right, 0, length, position)])
    if (bytesRead !== other.bytesRead || !left.subarray(0, bytesRead).equals(right.subarray(0, bytesRead))) throw different(here.name, 'has other content')
    if (bytesRead === 0) return
    position += bytesRead
    compared(bytesRead)
  }
}

const different = (name: Buffer | undefined, what: string) =>
  new EngineError('data-loss', `The copy is not like the original: ${String(name)} ${what}.`, { reason: 'copy-differs', hint: 'Is something writing there? Nothing was changed; try again.' })
