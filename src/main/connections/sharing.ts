import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { Sharing } from '#shared/contract/sharing.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from './connection.ts'
import type { Operation } from './operation.ts'

/** The answer of `/slipway/registry`. */
interface WireSharing {
  On: boolean
  Host: string
  Port: number
  Push: boolean
  Username: string
  Password: boolean
  Loopback: boolean
  Problem?: string
  Tls?: { Certificate: string; Fingerprint: string; Expires: string; Own: boolean }
  Hosts: string[]
}

/** The engine as a registry for others; only ours can be one. */
export function sharingOf({ api, summary }: Pick<Connection, 'api' | 'summary'>): Implementation<Contract, Operation>['sharing'] {
  const assertOurs = () => {
    const { state } = summary()
    if (state.status === 'ready' && !state.facts.slipway) throw new EngineError('not-implemented', 'This engine is no registry itself.', { reason: 'needs-slipway', hint: 'Run a registry in a container of it, and push there.' })
  }
  return {
    async state(_request, { signal }) {
      assertOurs()
      return decode(await api.json<WireSharing>('GET', '/slipway/registry', { signal }))
    },
    async change({ on, host, port, push, username, password }, { signal }) {
      assertOurs()
      return decode(await api.json<WireSharing>('PUT', '/slipway/registry', { body: { On: on, Host: host, Port: port, Push: push, Username: username, Password: password }, signal }))
    },
  }
}

const decode = ({ On, Host, Port, Push, Username, Password, Loopback, Problem, Tls, Hosts }: WireSharing): Sharing => ({
  on: On,
  host: Host,
  port: Port,
  push: Push,
  username: Username,
  password: Password,
  loopback: Loopback,
  ...(Problem !== undefined && { problem: Problem }),
  ...(Tls && { tls: { certificate: Tls.Certificate, fingerprint: Tls.Fingerprint, expires: Tls.Expires, own: Tls.Own } }),
  hosts: Hosts,
})
