import type { Sharing, SharingChange } from '#shared/contract/sharing.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls } from './fake-calls.ts'

const certificate = `-----BEGIN CERTIFICATE-----\n${'MIIBnTCCAUOgAwIBAgIQQJ0k9mN2c3R1dHdmZ2hpazAKBggqhkjOPQQDAjAcMRow\n'.repeat(8)}-----END CERTIFICATE-----\n`

/** Port 80 is taken; a network wants a password. */
export function fakeSharingCalls(): FakeCalls {
  let sharing: Sharing = { on: false, host: '127.0.0.1', port: 5055, push: false, username: 'slipway', password: false, loopback: true, hosts: ['192.168.1.23', 'fd12:3456::23', 'workshop'] }
  return {
    'sharing.state': () => sharing,
    'sharing.change': ({ password, certificate: given, key: _key, ...change }: SharingChange) => {
      const next = { ...sharing, ...change, password: password === undefined ? sharing.password : password !== '' }
      if (next.port === 80) throw new EngineError('already-exists', 'port 80 is another program’s', { field: 'port', hint: 'Choose another port.' })
      if (password && password.length < 8) throw new EngineError('invalid-argument', 'a password has 8 to 1024 characters', { field: 'password' })
      const { tls: before, ...rest } = next
      const own = given === undefined ? (before?.own ?? true) : given === ''
      const loopback = next.host === '127.0.0.1'
      sharing = { ...rest, loopback, ...((!loopback || !own) && { tls: { certificate, fingerprint: Array.from({ length: 32 }, (_, index) => ((index * 37) % 256).toString(16).padStart(2, '0').toUpperCase()).join(':'), expires: '2031-11-28T12:00:00.000Z', own } }) }
      return sharing
    },
  }
}
