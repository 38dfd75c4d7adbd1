import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ComposeProgram } from '#shared/contract/compose.ts'
import { readOutput } from './run-program.ts'

/** Where Docker's client looks for plugins: https://github.com/docker/cli/blob/master/cli-plugins/manager/manager_unix.go */
const pluginFolders = ['/usr/local/lib/docker/cli-plugins', '/usr/local/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', '/usr/libexec/docker/cli-plugins']

/** The compose plugin, which can be run by itself; else a program of that name on the path. */
export function findCompose(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const own = join(environment['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'cli-plugins')
  const path = (environment['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'))
  return [own, ...pluginFolders, ...path].map((folder) => join(folder, 'docker-compose')).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const installers: readonly [string, string][] = [
  ['/usr/bin/apt-get', 'sudo apt-get install docker-compose'],
  ['/usr/bin/dnf', 'sudo dnf install docker-compose'],
  ['/usr/bin/pacman', 'sudo pacman -S docker-compose'],
  ['/usr/bin/zypper', 'sudo zypper install docker-compose'],
]

export async function describeCompose(signal: AbortSignal): Promise<ComposeProgram> {
  const program = findCompose()
  const command = installers.find(([manager]) => existsSync(manager))?.[1] ?? 'docker-compose'
  if (!program) return { available: false, command }
  const { code, stdout } = await readOutput(program, ['version', '--short'], { signal })
  // Version 1 was another program, which knows neither these files nor these words.
  return code === 0 && /^v?[2-9]/.test(stdout.trim()) ? { available: true, version: stdout.trim() } : { available: false, command }
}
