import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Who may talk to the browser shell. Loopback is not a boundary: any web page can make the browser ask it (CSRF), and any
 * name can be made to resolve to it (DNS rebinding). So the Host must be ours, an Origin where there is one too, and every request needs the cookie
 * that a one-time token was exchanged for.
 */
export interface Guard {
  /** Good for one exchange. */
  newToken(): string
  /** Spends the token. @returns the cookie to set, or undefined when the token is none or was used. */
  exchange(token: string): string | undefined
  /** Host and Origin. A WebSocket must have an Origin. */
  isOurs(headers: IncomingHttpHeaders, kind: 'page' | 'socket'): boolean
  /** The cookie of an exchange. */
  isKnown(headers: IncomingHttpHeaders): boolean
}

/** Cookies are shared by all ports of a host: the name tells them apart. */
export function createGuard(port: number): Guard {
  const cookie = `slipway-${port}`
  const tokens = new Set<string>()
  const sessions: Buffer[] = []
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]

  return {
    newToken() {
      const token = randomBytes(32).toString('base64url')
      tokens.add(digestOf(token).toString('hex'))
      return token
    },
    exchange(token) {
      if (!tokens.delete(digestOf(token).toString('hex'))) return undefined
      const secret = randomBytes(32).toString('base64url')
      sessions.push(digestOf(secret))
      return `${cookie}=${secret}; Path=/; HttpOnly; SameSite=Strict`
    },
    isOurs({ host, origin }, kind) {
      if (host === undefined || !hosts.includes(host)) return false
      return origin === undefined ? kind === 'page' : origin === `http://${host}`
    },
    isKnown(headers) {
      const given = digestOf(readCookie(headers.cookie, cookie))
      return sessions.filter((session) => timingSafeEqual(session, given)).length > 0
    },
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest()

function readCookie(header: string | undefined, name: string): string {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value) return value
  }
  return ''
}
