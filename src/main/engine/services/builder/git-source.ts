import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Host } from '../../core/host/host.ts'
import { fromText, toText } from '../../core/layers/byte-path.ts'
import { openTree } from './copy/rooted-tree.ts'

const GIT_URL = /^(git:\/\/|git@|github\.com\/)|^https?:\/\/\S+\.git(#|$)/

export const isGitUrl = (url: string): boolean => GIT_URL.test(url)

/** `https://host/repo.git#branch:folder`. Clones into `folder`, without its history unless `keepGitDir`; returns the subfolder that was meant, which is one of the repository. */
export async function cloneRepository(host: Pick<Host, 'run' | 'syscalls'>, url: string, folder: string, options: { keepGitDir: boolean; signal: AbortSignal }): Promise<string> {
  const [address, fragment = ''] = url.replace(/^github\.com\//, 'https://github.com/').split('#')
  const [revision, subfolder = ''] = fragment.split(':')
  if (revision!.startsWith('-') || address!.startsWith('-')) throw new EngineError('invalid-argument', `invalid repository ${JSON.stringify(url)}`)
  // A clone runs no hook and asks nobody for a password.
  const git = (...args: string[]) => host.run('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'protocol.ext.allow=never', ...args], { signal: options.signal, deadline: 600_000, environment: { GIT_TERMINAL_PROMPT: '0' } })
  await git('init', '--quiet', folder)
  const fetch = (...depth: string[]) => git('-C', folder, 'fetch', '--quiet', ...depth, '--', address!, revision || 'HEAD')
  await fetch('--depth', '1').catch((error: unknown) => {
    // A web server with the files of a repository cannot leave out its history.
    if (!isEngineError(error) || !error.message.includes('shallow')) throw error
    return fetch()
  })
  await git('-C', folder, 'checkout', '--quiet', 'FETCH_HEAD')
  if (existsSync(join(folder, '.gitmodules'))) await git('-C', folder, 'submodule', '--quiet', 'update', '--init', '--recursive', '--depth', '1')
  if (!options.keepGitDir) await rm(join(folder, '.git'), { recursive: true, force: true })
  return realSubfolder(host, folder, subfolder, address!)
}

/** Links and dots are the repository's, and it may be anybody's: followed as if it were the root. */
function realSubfolder({ syscalls }: Pick<Host, 'syscalls'>, folder: string, subfolder: string, address: string): string {
  using tree = openTree(folder, syscalls)
  const found = tree.locate(fromText(subfolder))
  if (!found?.stat.isDirectory()) throw new EngineError('not-found', `there is no folder ${subfolder} in ${address}`, { reason: 'no-subfolder' })
  return toText(found.path)
}
