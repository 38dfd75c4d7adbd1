import { constants, type BigIntStats } from 'node:fs'
import { chmod, lchown, link, mkdir, open, readlink, symlink } from 'node:fs/promises'
import type { RelocationSyscalls } from './relocate.ts'
import { below, fileOn, walkTree, type TreeEntry } from './walk.ts'

export interface TreeCopy {
  from: string
  to: string
  without: readonly string[]
  syscalls: RelocationSyscalls
  signal: AbortSignal
  /** Bytes so far. */
  tell(bytes: number): void
}

const CHUNK = 1024 * 1024
const ZEROS = Buffer.alloc(CHUNK)

/** Everything below a folder, with owners, modes, times, links, devices, sockets, holes and extended attributes, into another that is empty. */
export async function copyTree({ from, to, without, syscalls, signal, tell }: TreeCopy): Promise<void> {
  const target = Buffer.from(to)
  const links = new Map<string, Buffer>()
  const folders: [Buffer, TreeEntry][] = []
  let bytes = 0
  const copied = (more: number) => tell((bytes += more))
  for await (const entry of walkTree(Buffer.from(from), without)) {
    signal.throwIfAborted()
    const place = below(target, entry.name)
    const first = links.get(fileOn(entry.stat))
    if (first) {
      await link(first, place)
      continue
    }
    if (entry.stat.nlink > 1n && !entry.stat.isDirectory()) links.set(fileOn(entry.stat), place)
    await make(entry, place, syscalls, signal, copied)
    if (entry.stat.isDirectory()) folders.push([place, entry])
    else await dress(entry, place, syscalls)
  }
  // From the inside out: what is made in a folder changes its times, and a closed one could not be written.
  for (const [place, entry] of folders.reverse()) await dress(entry, place, syscalls)
}

async function make({ path, stat }: TreeEntry, place: Buffer, syscalls: RelocationSyscalls, signal: AbortSignal, copied: (bytes: number) => void): Promise<void> {
  if (stat.isDirectory()) await mkdir(place, { mode: 0o700 })
  else if (stat.isFile()) await copyContent(path, place, Number(stat.size), signal, copied)
  else if (stat.isSymbolicLink()) await symlink(await readlink(path, { encoding: 'buffer' }), place)
  else syscalls.mknod(place, kindOf(stat), 0o600, major(stat.rdev), minor(stat.rdev))
}

const kindOf = (stat: BigIntStats) => (stat.isFIFO() ? 'fifo' : stat.isSocket() ? 'socket' : stat.isCharacterDevice() ? 'char' : 'block')
/** As glibc's gnu_dev_major and gnu_dev_minor take them apart. */
const major = (device: bigint) => Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn))
const minor = (device: bigint) => Number((device & 0xffn) | ((device >> 12n) & ~0xffn))

/** Blocks of nothing but zeros stay holes. */
async function copyContent(path: Buffer, place: Buffer, size: number, signal: AbortSignal, copied: (bytes: number) => void): Promise<void> {
  await using source = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  await using target = await open(place, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size)))
  let position = 0
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead } = await source.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) break
    const isHole = buffer.subarray(0, bytesRead).equals(ZEROS.subarray(0, bytesRead))
    if (!isHole) await writeAll(target, buffer.subarray(0, bytesRead), position)
    position += bytesRead
    copied(isHole ? 0 : bytesRead)
  }
  await target.truncate(position)
}

async function writeAll(target: Awaited<ReturnType<typeof open>>, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) written += (await target.write(bytes, written, bytes.length - written, position + written)).bytesWritten
}

/** The owner first: giving a file away takes its set-id bits and capabilities. */
async function dress({ path, stat }: TreeEntry, place: Buffer, syscalls: RelocationSyscalls): Promise<void> {
  await lchown(place, Number(stat.uid), Number(stat.gid))
  if (!stat.isSymbolicLink()) await chmod(place, Number(stat.mode & 0o7777n))
  for (const name of syscalls.listXattrs(path)) {
    const value = syscalls.getXattr(path, name)
    if (value) syscalls.setXattr(place, name, value)
  }
  syscalls.setTimes(place, stat.atimeNs, stat.mtimeNs)
}
