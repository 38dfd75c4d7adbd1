import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { HostEntry, HostFolder, HostPath } from '#shared/contract/app.ts'
import { fromSystemError } from '#base/system-error.ts'
import { EngineError } from '#shared/errors.ts'

/** Enough for a person to look through; completion narrows the rest down. */
const mostEntries = 5_000
const dockerfile = /^(?:.+\.)?(?:dockerfile|containerfile)(?:\..+)?$/i
const composeFile = /^(?:docker-)?compose(?:\..+)?\.ya?ml$/i
const archive = /\.(?:tar|tar\.gz|tgz|tar\.zst|tar\.xz|tar\.bz2)$/i

/** A folder of this machine, for choosing a path where the shell has no dialog of its own. Links count as what they lead to; what cannot be chosen (sockets, devices, dangling links) is left out. */
export async function listFolder({ path = '~' }: { path?: string }): Promise<HostFolder> {
  const absolute = absolutePath(path)
  if ((await lookAt(absolute)).kind !== 'folder') throw new EngineError('invalid-argument', `${absolute} is not a folder.`, { reason: 'not-a-folder', field: 'path' })
  const read = await readdir(absolute, { withFileTypes: true }).catch((error: unknown) => refuse(error, absolute))
  const some = read.slice(0, mostEntries)
  const entries = (await Promise.all(some.map(async (entry): Promise<HostEntry | undefined> => {
    if (entry.isDirectory()) return { name: entry.name, kind: 'folder' }
    if (entry.isFile()) return { name: entry.name, kind: 'file' }
    if (!entry.isSymbolicLink()) return undefined
    const target = await lookAt(join(absolute, entry.name)).catch(() => undefined)
    return target && { name: entry.name, kind: target.kind }
  }))).filter((entry) => entry !== undefined)
  const parent = dirname(absolute)
  return { path: absolute, ...(parent !== absolute && { parent }), entries: entries.sort(byKindAndName), shortened: read.length > mostEntries }
}

/** What a dropped or typed path is. Only names are looked at, nothing is opened. */
export async function describePath({ path }: { path: string }): Promise<HostPath> {
  const absolute = absolutePath(path)
  const { kind } = await lookAt(absolute)
  const names = kind === 'file' ? [basename(absolute)] : await readdir(absolute).catch((error: unknown) => refuse(error, absolute))
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name))
  return { path: absolute, folder: dirname(absolute), kind, suits: [...(has(dockerfile) ? (['build'] as const) : []), ...(has(composeFile) ? (['compose'] as const) : []), ...(kind === 'file' && has(archive) ? (['archive'] as const) : [])] }
}

const absolutePath = (path: string) => (path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(homedir(), path))

async function lookAt(path: string): Promise<{ kind: 'folder' | 'file' }> {
  const found = await stat(path).catch((error: unknown) => refuse(error, path))
  if (found.isDirectory()) return { kind: 'folder' }
  if (found.isFile()) return { kind: 'file' }
  throw new EngineError('invalid-argument', `${path} is neither a file nor a folder.`, { reason: 'bad-path', field: 'path' })
}

function refuse(error: unknown, path: string): never {
  const { code, reason, hint } = fromSystemError(error, path)
  if (code === 'not-found') throw new EngineError('not-found', `There is no ${path} on this machine.`, { reason, field: 'path', cause: error })
  if (code === 'forbidden') throw new EngineError('forbidden', `Slipway may not look into ${path}.`, { reason, hint: 'Choose a folder that you can read.', field: 'path', cause: error })
  throw new EngineError(code === 'internal' ? 'failed-precondition' : code, `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { reason, hint, field: 'path', cause: error })
}

const order = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
const byKindAndName = (a: HostEntry, b: HostEntry) => (a.kind === b.kind ? order.compare(a.name, b.name) : a.kind === 'folder' ? -1 : 1)
