import { readFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { hostOfRegistry } from '#shared/contract/registries.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import type { Credentials } from '../../connections/registries/accounts.ts'

/** What docker's own configuration says of accounts. https://docs.docker.com/reference/cli/docker/login/#credential-stores */
export interface DockerConfig {
  /** The helper for this registry: its own, or the one for all. */
  helperFor(registry: string): string | undefined
  /** Every helper that is named. */
  helpers(): string[]
  /** Accounts that lie readable in the file itself. */
  plain(): ReadonlyMap<string, Credentials>
}

interface Written {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>
  credsStore?: string
  credHelpers?: Record<string, string>
}

export const dockerConfigFile = (environment: NodeJS.ProcessEnv): string => join(environment['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json')

/** Read anew each time: `docker login` in a terminal counts at once. A file that is not there or cannot be read says nothing. */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  const { auths = {}, credsStore, credHelpers = {} } = await readWritten(path)
  const own = new Map(Object.entries(credHelpers).map(([registry, helper]) => [hostOfRegistry(registry), helper]))
  return {
    helperFor: (registry) => named(own.get(registry) ?? credsStore),
    helpers: () => [...new Set([credsStore, ...own.values()])].flatMap((helper) => named(helper) ?? []),
    plain: () => new Map(Object.entries(auths).flatMap(([registry, auth]) => readAuth(registry, auth))),
  }
}

/** As `docker logout` does. */
export async function forgetPlain(path: string, registry: string): Promise<void> {
  const written = await readWritten(path)
  const left = Object.entries(written.auths ?? {}).filter(([name]) => hostOfRegistry(name) !== registry)
  if (left.length === Object.keys(written.auths ?? {}).length) return
  // The file may be a link into a folder of dot files.
  await writeFileAtomic(await realpath(path), `${JSON.stringify({ ...written, auths: Object.fromEntries(left) }, null, '\t')}\n`, 0o600)
}

/** A helper is a program's name: nothing that a path could be made of. */
const named = (helper: unknown): string | undefined => (typeof helper === 'string' && /^[\w.-]+$/.test(helper) ? helper : undefined)

async function readWritten(path: string): Promise<Written> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

/** An entry without content says only that a helper has it. */
function readAuth(written: string, entry: NonNullable<Written['auths']>[string]): [string, Credentials][] {
  const registry = hostOfRegistry(written)
  const [user = '', ...rest] = Buffer.from(entry.auth ?? '', 'base64').toString().replace(/\0+$/, '').split(':')
  const [username, password] = [entry.username || user, entry.password || rest.join(':')]
  if (entry.identitytoken) return [[registry, { username, identityToken: entry.identitytoken }]]
  return username && password ? [[registry, { username, password }]] : []
}
