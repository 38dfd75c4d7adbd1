/**
 * Relocation: a data root taken to another place. **Measured**, then **copied** beside its place under another name, then **verified** byte for byte
 * and attribute for attribute, and only then given its name by one rename. The source is read and never written; whatever fails or is cancelled leaves
 * nothing at the destination. No engine may have the data root meanwhile, and no container of it run: the caller sees to both.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rmdir, statfs } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { EngineError, messageOf } from '#shared/errors.ts'
import { removeDeep } from '#base/remove-tree.ts'
import type { Syscalls } from '../host/host.ts'
import { copyTree } from './copy-tree.ts'
import { verifyTree } from './verify-tree.ts'
import { fileOn, walkTree } from './walk.ts'

export type RelocationSyscalls = Pick<Syscalls, 'mknod' | 'setXattr' | 'getXattr' | 'listXattrs' | 'setTimes'>

export interface Measure {
  bytes: number
  entries: number
}
export interface RelocationStep {
  step: 'measuring' | 'copying' | 'verifying'
  /** Bytes. */
  current: number
  total: number
}
export interface Relocation {
  from: string
  /** Must not exist, or be empty. */
  to: string
  /** Names at the top of the data root that belong to the engine that runs, not to the data. */
  without: readonly string[]
  syscalls: RelocationSyscalls
  signal: AbortSignal
  tell(step: RelocationStep): void
  /** Of the file system that holds the folder; stands in for statfs in tests. */
  freeBytes?: (folder: string) => Promise<number>
}

/** Room that is left to whatever else is written meanwhile. */
const MARGIN = 64 * 1024 * 1024
const PARTIAL = '.slipway-moving'

export async function measureTree(root: string, without: readonly string[] = [], signal?: AbortSignal): Promise<Measure> {
  const seen = new Set<string>()
  const measure = { bytes: 0, entries: 0 }
  for await (const { stat } of walkTree(Buffer.from(root), without)) {
    signal?.throwIfAborted()
    measure.entries++
    if (stat.isDirectory() || seen.has(fileOn(stat))) continue
    seen.add(fileOn(stat))
    // What it takes on disk: files with holes are smaller than they say.
    measure.bytes += Math.min(Number(stat.size), Number(stat.blocks) * 512)
  }
  return measure
}

export async function relocate({ from, to, without, syscalls, signal, tell, freeBytes = freeOn }: Relocation): Promise<Measure> {
  refuseNested(from, to)
  const folder = dirname(to)
  const partial = join(folder, PARTIAL)
  await mkdir(folder, { recursive: true })
  await rmdirEmpty(to)
  await removeDeep(partial)
  tell({ step: 'measuring', current: 0, total: 0 })
  const measure = await measureTree(from, without, signal)
  await refuseWithoutRoom(measure.bytes, folder, freeBytes)
  // Bytes that are read may be more than what lies on the disk.
  const telling = (step: RelocationStep['step']) => (current: number) => tell({ step, current: Math.min(current, measure.bytes), total: measure.bytes })
  try {
    await mkdir(partial, { mode: 0o710 })
    await copyTree({ from, to: partial, without, syscalls, signal, tell: telling('copying') })
    await verifyTree({ from, to: partial, without, syscalls, signal, tell: telling('verifying') })
    // Whoever removes the original afterwards must not depend on what is only in memory.
    await promisify(execFile)('sync', ['--file-system', partial])
    signal.throwIfAborted()
    await rename(partial, to)
    return measure
  } catch (error) {
    await removeDeep(partial)
    throw told(error, to, signal)
  }
}

/** What a move to that place that was killed left beside it. No other may be under way there. @returns whether there was something. */
export async function discardPartial(to: string): Promise<boolean> {
  const partial = join(dirname(to), PARTIAL)
  if (!existsSync(partial)) return false
  await removeDeep(partial)
  return true
}

function refuseNested(from: string, to: string): void {
  const inside = (outer: string, inner: string) => !relative(outer, inner).startsWith('..')
  if (inside(from, to) || inside(to, from)) throw new EngineError('invalid-argument', `${to} and ${from} lie one in the other.`, { reason: 'nested-data-root', hint: 'Choose a folder elsewhere.', field: 'to' })
}

async function rmdirEmpty(path: string): Promise<void> {
  try {
    await rmdir(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new EngineError('already-exists', `${path} is there already and is not empty.`, { reason: 'destination-exists', hint: 'Choose another folder, or move away what is there.', field: 'to', cause: error })
  }
}

const freeOn = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

async function refuseWithoutRoom(bytes: number, folder: string, freeBytes: (folder: string) => Promise<number>): Promise<void> {
  const free = await freeBytes(folder)
  if (free >= bytes + MARGIN) return
  const megabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`
  throw new EngineError('resource-exhausted', `There is no room at ${folder}: ${megabytes(bytes + MARGIN)} are needed and ${megabytes(free)} are free.`, { reason: 'no-room', hint: 'Choose another disk, or free some room.', field: 'to' })
}

function told(error: unknown, to: string, signal: AbortSignal): unknown {
  if (signal.aborted) return new EngineError('cancelled', 'Cancelled.')
  if (error instanceof EngineError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return new EngineError('resource-exhausted', `The disk at ${dirname(to)} is full.`, { reason: 'no-room', hint: 'Choose another disk, or free some room.', field: 'to', cause: error })
  if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EACCES' || code === 'EROFS')
    return new EngineError('failed-precondition', `The file system at ${dirname(to)} cannot hold what containers need (${messageOf(error)}).`, { reason: 'unsuited-file-system', hint: 'Owners, links, devices and extended attributes must be kept: choose a Linux file system such as ext4, xfs or btrfs.', field: 'to', cause: error })
  return error
}
