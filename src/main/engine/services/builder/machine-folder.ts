import { lstatSync, readdirSync, readFileSync, statSync, type BigIntStats } from 'node:fs'
import { isAbsolute, join, posix } from 'node:path'
import { ignoreFilesOf, selectContext, type ContextSelection } from '#shared/dockerfile/context-selection.ts'
import { EngineError } from '#shared/errors.ts'
import { errnoOf, fromSystemError } from '#base/system-error.ts'
import { breathe } from '../../core/files/breathe.ts'
import { fromText, toPath, toText, type BytePath } from '../../core/layers/byte-path.ts'
import type { ListedEntry } from '../../core/layers/layers.ts'
import { isWhiteoutName } from '../../core/layers/whiteout-names.ts'
import { whiteoutsOf } from './folder-listing.ts'
import type { ClientFolder, FolderChanges, FolderListing } from './kept-contexts.ts'

export interface MachineFolder {
  /** Absolute. */
  path: string
  /** Its numbers, by which whoever names it and the engine know that they mean the same one. */
  device: string
  inode: string
  dockerfile: string
}

export interface FolderCounts {
  files: number
  /** Of what they hold. */
  bytes: number
}

interface Listed {
  path: BytePath
  stat: BigIntStats
}

/**
 * A folder of this machine: the engine looks by itself for what has changed, and copies only that.
 * @throws not-found with reason `other-folder` where the engine does not see the same one; it lives on another machine then, or in a mount namespace of its own
 */
export function machineFolder(place: MachineFolder, signal: AbortSignal, counted: (counts: FolderCounts) => void): ClientFolder {
  assertSame(place)
  return {
    key: JSON.stringify(['machine', place.device, place.inode, place.path, place.dockerfile]),
    async changes(since): Promise<FolderChanges> {
      const listed = await listFolder(place.path, selectContext(readIgnoreRules(place), place.dockerfile), signal)
      const listing = new Map(listed.map(({ path, stat }) => [path, stateOf(stat)]))
      const files = listed.filter(({ stat }) => stat.isFile())
      const size = files.reduce((sum, { stat }) => sum + Number(stat.size), 0)
      counted({ files: files.length, bytes: size })
      return { listing, size, content: contentOf(place.path, listed, listing, since) }
    },
  }
}

function assertSame({ path, device, inode }: MachineFolder): void {
  if (!isAbsolute(path)) throw new EngineError('invalid-argument', `${path} is not a whole path`, { field: 'folder' })
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  if (!found?.isDirectory() || String(found.dev) !== device || String(found.ino) !== inode) throw new EngineError('not-found', `the engine does not see the folder ${path} that is meant`, { reason: 'other-folder', hint: 'Send it as an archive to /build.' })
}

function readIgnoreRules({ path, dockerfile }: MachineFolder): string {
  for (const name of ignoreFilesOf(dockerfile)) {
    try {
      return readFileSync(join(path, name), 'utf8')
    } catch (error) {
      if (!['ENOENT', 'EISDIR', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw unreadable(error, join(path, name))
    }
  }
  return ''
}

/** A folder comes before what is in it. */
async function listFolder(folder: string, selection: ContextSelection, signal: AbortSignal): Promise<Listed[]> {
  const listed: Listed[] = []
  const place = fromText(folder)
  const pause = breathe()
  const enter = async (below: BytePath): Promise<void> => {
    // Images reserve the names that begin so for deletions.
    for (const name of namesIn(posix.join(place, below)).filter((each) => !isWhiteoutName(each))) {
      const path = below === '' ? name : `${below}/${name}`
      const stat = lstatSync(toPath(posix.join(place, path)), { throwIfNoEntry: false, bigint: true })
      if (!stat) continue
      const travels = stat.isFile() || stat.isDirectory() || stat.isSymbolicLink()
      if (travels && selection.holds(toText(path))) listed.push({ path, stat })
      await pause()
      signal.throwIfAborted()
      if (stat.isDirectory() && selection.enters(toText(path))) await enter(path)
    }
  }
  await enter('')
  return listed
}

function namesIn(folder: BytePath): BytePath[] {
  try {
    return readdirSync(toPath(folder), 'latin1').sort()
  } catch (error) {
    throw unreadable(error, toText(folder))
  }
}

const unreadable = (error: unknown, path: string) => new EngineError('failed-precondition', fromSystemError(error, `cannot read ${path}`).message, { reason: 'context-unreadable', hint: 'Let this user read it, or name it in .dockerignore so that it stays out.', field: 'folder', cause: error })

/** The time of its last change as well, which no program can set back. */
const stateOf = ({ mode, size, mtimeNs, ctimeNs, ino }: BigIntStats): string => [mode, size, mtimeNs, ctimeNs, ino].join(' ')

function contentOf(folder: string, listed: readonly Listed[], listing: FolderListing, since: FolderListing): FolderChanges['content'] {
  const changed = listed.filter(({ path }) => since.get(path) !== listing.get(path))
  const gone = whiteoutsOf(since, listing)
  if (changed.length === 0 && gone.length === 0) return undefined
  const removals = gone.map((path): ListedEntry => ({ path, type: 'file', mode: 0, uid: 0, gid: 0, mtime: 0 }))
  return { files: [...removals, ...changed.map((entry) => entryOf(folder, entry))] }
}

/** Owners are root's, as the docker client has it. */
function entryOf(folder: string, { path, stat }: Listed): ListedEntry {
  const common = { path, uid: 0, gid: 0, mtime: Number(stat.mtimeNs / 1_000_000_000n) }
  if (stat.isDirectory()) return { ...common, type: 'directory', mode: Number(stat.mode) & 0o7777 }
  const source = posix.join(fromText(folder), path)
  return stat.isSymbolicLink() ? { ...common, type: 'symlink', mode: 0o777, source } : { ...common, type: 'file', mode: Number(stat.mode) & 0o7777, source }
}
