import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import { isPassword } from '../../core/access/password.ts'
import type { SharingSettings } from './settings.ts'

export type Verb = 'pull' | 'push'

/** Guesses that may wait for their turn; each takes a moment of the processor, and they are looked at one by one. */
const WAITING = 16

/** Lets in who shows the name and password (RFC 7617), and without a password who only wants to pull. */
export function createGatekeeper(settings: () => SharingSettings) {
  const secret = randomBytes(32)
  /** The last that was right, so that not each of a pull's requests costs a hash; not as it was sent. */
  let known: Buffer | undefined
  let waiting = 0
  let turn: Promise<unknown> = Promise.resolve()

  const markOf = (authorization: string) => createHmac('sha256', secret).update(authorization).digest()
  const isKnown = (authorization: string) => known !== undefined && timingSafeEqual(known, markOf(authorization))

  async function check(authorization: string): Promise<boolean> {
    if (isKnown(authorization)) return true
    const { username, password } = settings()
    const shown = decode(authorization)
    if (!password || !shown) return false
    if (waiting >= WAITING) throw new EngineError('resource-exhausted', 'too many passwords are being tried', { reason: 'too-many-tries', hint: 'Try again in a moment.' })
    waiting++
    const work = turn.then(async () => {
      if (isKnown(authorization)) return true
      const right = (await isPassword(shown.password, password)) && shown.username === username && settings().password === password
      if (right) known = markOf(authorization)
      return right
    })
    turn = work.catch(() => {})
    try {
      return await work
    } finally {
      waiting--
    }
  }

  return {
    async authorize(authorization: string | undefined, wants: Verb): Promise<void> {
      const { password, push } = settings()
      if (password) {
        if (authorization === undefined || !(await check(authorization))) throw new EngineError('unauthorized', 'the name or the password is missing or wrong', { reason: 'wrong-password', hint: 'docker login asks for them.' })
      }
      if (wants === 'push' && !(push && password)) throw new EngineError('forbidden', 'pushing to this registry is not allowed', { reason: 'push-refused', hint: 'Its owner can allow it, with a password.' })
    },
    /** The settings changed: who was let in shows the password again. */
    forget() {
      known = undefined
    },
  }
}

function decode(authorization: string): { username: string; password: string } | undefined {
  const text = /^basic ([A-Za-z0-9+/=_-]+)$/i.exec(authorization.trim())?.[1]
  if (text === undefined) return undefined
  const plain = Buffer.from(text, 'base64').toString('utf8')
  const colon = plain.indexOf(':')
  return colon < 0 ? undefined : { username: plain.slice(0, colon), password: plain.slice(colon + 1) }
}
