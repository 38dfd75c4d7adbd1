import { EngineError } from '#shared/errors.ts'
import type { SharingApiNeeds } from './needs.ts'

type State = ReturnType<SharingApiNeeds['state']>
type Change = Parameters<SharingApiNeeds['change']>[0]

/** What is absent stays as it is. */
export interface SharingBody {
  On?: unknown
  Host?: unknown
  Port?: unknown
  Push?: unknown
  Username?: unknown
  Password?: unknown
  Certificate?: unknown
  Key?: unknown
}

export const stateJson = ({ on, host, port, push, username, password, loopback, problem, tls, hosts }: State) => ({
  On: on,
  Host: host,
  Port: port,
  Push: push,
  Username: username,
  Password: password,
  Loopback: loopback,
  ...(problem !== undefined && { Problem: problem }),
  ...(tls && { Tls: { Certificate: tls.certificate, Fingerprint: tls.fingerprint, Expires: tls.expires, Own: tls.own } }),
  Hosts: hosts,
})

/** @throws invalid-argument naming the field */
export function changeOf(body: SharingBody): Change {
  return {
    ...part('on', body.On, 'boolean'),
    ...part('host', body.Host, 'string'),
    ...part('port', body.Port, 'number'),
    ...part('push', body.Push, 'boolean'),
    ...part('username', body.Username, 'string'),
    ...part('password', body.Password, 'string'),
    ...part('certificate', body.Certificate, 'string'),
    ...part('key', body.Key, 'string'),
  }
}

function part(name: keyof Change, value: unknown, type: 'boolean' | 'string' | 'number'): Change {
  if (value === undefined || value === null) return {}
  if (typeof value !== type) throw new EngineError('invalid-argument', `${name} is not a ${type}`, { reason: 'invalid-setting', field: name })
  return { [name]: value }
}
