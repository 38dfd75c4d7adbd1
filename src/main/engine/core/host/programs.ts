import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** An ordinary user's PATH on Debian lacks the directories of ip, nft and newuidmap's friends. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']

/** PATH for programs that the engine runs: the user's own first, then the system's. */
export function searchPath(environment: NodeJS.ProcessEnv = process.env): string {
  const own = (environment.PATH ?? '').split(':').filter((directory) => directory.startsWith('/'))
  return [...new Set([...own, ...SYSTEM_DIRECTORIES])].join(':')
}

/** Absolute path of a program, or undefined. */
export function findProgram(name: string, path: string = searchPath()): string | undefined {
  for (const directory of path.split(':')) {
    const candidate = join(directory, name)
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      continue
    }
  }
  return undefined
}
