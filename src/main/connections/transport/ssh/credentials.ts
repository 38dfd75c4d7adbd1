import { createHash } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { AnyAuthMethod, ParsedKey } from 'ssh2'
import type { SshHop } from '#shared/contract/connections.ts'
import { EngineError, messageOf } from '#shared/errors.ts'

/** In the order ssh tries them. */
const usualKeys = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/**
 * The ways to prove oneself to a host, in order: what was given for it (a key that was named, a password), then, without a named key, the agent and the usual keys.
 * A host takes few tries (MaxAuthTries of sshd: 6), and an agent may have many keys.
 * @throws unauthorized when a named key cannot be used: trying something else would hide why.
 */
export async function credentialsFor(hop: SshHop, { password, passphrase }: { password?: string | undefined; passphrase?: string | undefined }): Promise<AnyAuthMethod[]> {
  const username = userOf(hop)
  const agent = hop.keyFile ? undefined : process.env['SSH_AUTH_SOCK']
  const keys = hop.keyFile ? [await readKey(expandHome(hop.keyFile), passphrase)] : await readUsualKeys(passphrase)
  const ofKeys = keys.map((key) => ({ type: 'publickey' as const, username, key }))
  return [
    { type: 'none', username },
    ...(hop.keyFile ? ofKeys : []),
    ...(password ? byPassword(username, password) : []),
    ...(agent && (await exists(agent)) ? [{ type: 'agent' as const, username, agent }] : []),
    ...(hop.keyFile ? [] : ofKeys),
  ]
}

export const userOf = ({ user }: SshHop): string => user ?? userInfo().username

/** Some hosts ask for the password themselves instead of taking it. */
const byPassword = (username: string, password: string): AnyAuthMethod[] => [
  { type: 'password', username, password },
  { type: 'keyboard-interactive', username, prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)) },
]

async function readKey(path: string, passphrase: string | undefined) {
  const content = await readFile(path).catch((error: unknown) => {
    throw new EngineError('unauthorized', `The key ${path} cannot be read (${messageOf(error)}).`, { reason: 'ssh-key', hint: 'Choose the file of the private key.', field: 'keyFile', cause: error })
  })
  const { parsed, problem } = await parseKey(content, passphrase)
  if (parsed) return parsed
  if (!/encrypted|passphrase|decrypt|integrity/i.test(problem ?? '')) throw new EngineError('unauthorized', `${path} is no private key (${problem}).`, { reason: 'ssh-key', hint: 'Choose the file of the private key, without .pub.', field: 'keyFile' })
  throw new EngineError('unauthorized', passphrase ? `The passphrase does not open ${path}.` : `The key ${path} is protected by a passphrase.`, { reason: 'ssh-passphrase', hint: 'Enter its passphrase, or add the key to the SSH agent.', field: 'passphrase' })
}

/** Those that are there and can be opened. */
async function readUsualKeys(passphrase: string | undefined) {
  const contents = await Promise.all(usualKeys.map((name) => readFile(join(homedir(), '.ssh', name)).catch(() => undefined)))
  const keys = await Promise.all(contents.flatMap((content) => (content ? [parseKey(content, passphrase)] : [])))
  return keys.flatMap(({ parsed }) => parsed ?? [])
}

/** Keys that were opened, by what they were opened from: a passphrase is slow to try on purpose, and every login asks. */
const opened = new Map<string, ParsedKey>()

async function parseKey(content: Buffer, passphrase: string | undefined): Promise<{ parsed?: ParsedKey; problem?: string }> {
  const name = createHash('sha256').update(content).update('\0').update(passphrase ?? '').digest('hex')
  const known = opened.get(name)
  if (known) return { parsed: known }
  const { utils } = (await import('ssh2')).default
  const parsed = utils.parseKey(content, passphrase)
  if (parsed instanceof Error) return { problem: parsed.message }
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (!key?.isPrivateKey()) return { problem: 'a public key' }
  opened.set(name, key)
  return { parsed: key }
}

const expandHome = (path: string) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path)
const exists = (path: string) => access(path).then(() => true, () => false)
