import { readdir, readFile, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { isDockerfile, type BuildFolder } from '#shared/contract/builds.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import { EngineError, messageOf } from '#shared/errors.ts'

/** How deep Dockerfiles are looked for, and how many are told. */
const DEPTH = 2
const MOST = 50
const PASSED_BY = new Set(['node_modules', '.git', 'vendor', 'target', 'dist'])

/** What of a folder can be built. */
export async function openBuildFolder(folder: string, wanted?: string): Promise<BuildFolder> {
  if (!isAbsolute(folder)) throw new EngineError('invalid-argument', `${folder} is not a whole path.`, { reason: 'relative-path', hint: 'Give the whole path, from / on.', field: 'folder' })
  const found = await stat(folder).catch((error: unknown) => {
    throw new EngineError('not-found', `There is no folder ${folder} (${messageOf(error)}).`, { reason: 'no-folder', hint: 'Was it moved or renamed? Choose it again.', field: 'folder' })
  })
  // A Dockerfile that was dropped or chosen means its folder.
  if (found.isFile()) return openBuildFolder(join(folder, '..'), folder.slice(folder.lastIndexOf('/') + 1))
  const dockerfiles = (await findDockerfiles(folder, '', DEPTH)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, MOST)
  const dockerfile = wanted ?? dockerfiles[0] ?? 'Dockerfile'
  const text = await readFile(join(folder, dockerfile), 'utf8').catch(() => undefined)
  const ignoreFile = await stat(join(folder, '.dockerignore')).then(() => true, () => false)
  return { folder, dockerfiles, dockerfile, ignoreFile, ...(text !== undefined && { text }) }
}

const rank = (path: string) => (path === 'Dockerfile' ? 0 : path.split('/').length)

async function findDockerfiles(folder: string, below: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isFile() && isDockerfile(entry.name)) return [path]
      return entry.isDirectory() && depth > 0 && !PASSED_BY.has(entry.name) ? findDockerfiles(folder, path, depth - 1) : []
    }),
  )
  return found.flat()
}

export async function saveDockerfile({ folder, dockerfile, text }: { folder: string; dockerfile: string; text: string }): Promise<void> {
  try {
    await writeFileAtomic(join(folder, dockerfile), text)
  } catch (error) {
    throw new EngineError('forbidden', `${dockerfile} could not be saved: ${messageOf(error)}`, { reason: 'not-saved', hint: 'May this user write in the folder, and is there room on the disk?', field: 'dockerfile', cause: error })
  }
}
