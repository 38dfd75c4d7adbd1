import type { AnyAuthMethod, AuthHandlerMiddleware } from 'ssh2'
import type { SshHop } from '#shared/contract/connections.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import { userOf } from './credentials.ts'

/** Proving oneself to a host: what was tried, and what it takes. */
export interface Login {
  handler: AuthHandlerMiddleware
  tried: ReadonlySet<string>
  offered: ReadonlySet<string>
}

/** Of those that wait, the first that the host takes now: it may want a key and then a password. */
export function askInTurn(methods: readonly AnyAuthMethod[]): Login {
  const [tried, offered] = [new Set<string>(), new Set<string>()]
  let waiting = [...methods]
  const handler: AuthHandlerMiddleware = (left, _partial, next) => {
    for (const name of (left as string[] | null) ?? []) offered.add(name)
    const method = waiting.find((each) => !left || each.type === 'none' || (left as string[]).includes(nameOf(each)))
    waiting = waiting.filter((each) => each !== method)
    if (method && method.type !== 'none') tried.add(nameOf(method))
    next((method ?? false) as never)
  }
  return { handler, tried, offered }
}

const nameOf = ({ type }: AnyAuthMethod) => (type === 'agent' ? 'publickey' : type)

/** How sshd hangs up after MaxAuthTries. */
export const tooManyTries = /too many authentication failures/i

export function loginRefused(hop: SshHop, login: Login, cause: unknown): EngineError {
  const [message, hint] = wordsFor(hop, login, tooManyTries.test(messageOf(cause)))
  return new EngineError('unauthorized', message, { reason: 'ssh-login', hint, cause })
}

function wordsFor(hop: SshHop, { tried, offered }: Login, hasHungUp: boolean): [message: string, hint: string] {
  const name = `${userOf(hop)}@${hop.host}`
  const [byPassword, byKey] = [isPassword(tried), tried.has('publickey')]
  if (byPassword && byKey) return [`${name} was not let in, neither with this password nor with a key of this machine.`, 'Check the user and the password. Many hosts let root in with a key only.']
  if (hasHungUp && byKey) return [`${name} was not let in: the host allows only so many tries, and the SSH agent has more keys.`, 'Choose the key file that belongs there, or enter a password: these are tried first.']
  if (byPassword && !byKey) return [`${name} was not let in with this password.`, 'Check the user and the password. Many hosts let root in with a key only.']
  if (byKey) return [`${name} was not let in.`, 'Check the user, and the key or password. A key must be in ~/.ssh/authorized_keys there.']
  if (offered.has('publickey') && !isPassword(offered)) return [`${hop.host} takes keys only, no password.`, 'Choose the private key whose public half is in ~/.ssh/authorized_keys there.']
  if (isPassword(offered) && !offered.has('publickey')) return [`${hop.host} takes a password only, no key.`, 'Enter the password of that user there.']
  return [`There is nothing to log in to ${name} with.`, 'Choose a key, enter the password of that user there, or add a key to the SSH agent.']
}

const isPassword = (names: ReadonlySet<string>) => names.has('password') || names.has('keyboard-interactive')
