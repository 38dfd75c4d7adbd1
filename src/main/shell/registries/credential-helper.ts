import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { EngineError, messageOf } from '#shared/errors.ts'
import { hostOfRegistry } from '#shared/contract/registries.ts'
import { serverAddress, type Credentials } from '../../connections/registries/accounts.ts'

/** The name under which helpers keep a token in place of a password. */
const TOKEN = '<token>'
/** A helper may ask its user to unlock a key store. */
const PATIENCE = 120_000

/**
 * `docker-credential-NAME`, which docker's configuration names: a program that keeps accounts, asked by one word and its standard input.
 * https://github.com/docker/docker-credential-helpers
 */
export function credentialHelper(name: string) {
  const ask = (word: string, input: string) => run(`docker-credential-${name}`, word, input)
  return {
    /** Registry and user name of all it has. */
    async list(): Promise<Map<string, string>> {
      const known = JSON.parse((await ask('list', '')) || '{}') as Record<string, string>
      const found = new Map<string, string>()
      for (const [server, username] of Object.entries(known)) {
        // Docker Desktop keeps tokens of its own beside the account of the Hub.
        if (/index\.docker\.io\/v1\/.+/.test(server)) continue
        found.set(hostOfRegistry(server), username === TOKEN ? '' : username)
      }
      return found
    },
    async recall(registry: string): Promise<Credentials | undefined> {
      try {
        const { Username, Secret } = JSON.parse(await ask('get', serverAddress(registry))) as { Username: string; Secret: string }
        return Username === TOKEN ? { identityToken: Secret } : { username: Username, password: Secret }
      } catch (error) {
        if (/credentials not found/i.test(messageOf(error))) return undefined
        throw error
      }
    },
    async keep(registry: string, credentials: Credentials): Promise<void> {
      const [Username, Secret] = 'password' in credentials ? [credentials.username, credentials.password] : [TOKEN, credentials.identityToken]
      await ask('store', JSON.stringify({ ServerURL: serverAddress(registry), Username, Secret }))
    },
    async forget(registry: string): Promise<void> {
      await ask('erase', serverAddress(registry)).catch((error: unknown) => {
        if (!/credentials not found/i.test(messageOf(error))) throw error
      })
    },
  }
}

/** What it was given never stands in an error: it may be a secret. */
async function run(program: string, word: string, input: string): Promise<string> {
  const child = spawn(program, [word], { stdio: ['pipe', 'pipe', 'ignore'], timeout: PATIENCE })
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  // A helper that ends without reading is told of below.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const said = text(child.stdout)
  said.catch(() => {})
  const code = await ended.catch((error: NodeJS.ErrnoException) => {
    throw new EngineError(error.code === 'ENOENT' ? 'not-found' : 'failed-precondition', `${program}, which docker’s configuration names, cannot be started (${error.code ?? messageOf(error)}).`, { reason: 'no-credential-helper', hint: 'Install it, or take it out of docker’s configuration.', cause: error })
  })
  if (code === 0) return said
  throw new EngineError('failed-precondition', `${program} refused: ${(await said).trim().slice(0, 300) || `status ${code}`}.`, { reason: 'credential-helper-failed' })
}
