import { open } from 'node:fs/promises'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { Sharing } from '#shared/contract/sharing.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { Connection } from './connection.ts'
import type { Operation } from './operation.ts'

/** Bytes; a chain of certificates has some thousands. */
const longestPem = 512 * 1024

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
    async change({ on, host, port, push, username, password, certificate, key }, { signal }) {
      assertOurs()
      const [Certificate, Key] = await Promise.all([pemOf('certificate', certificate), pemOf('key', key)])
      return decode(await api.json<WireSharing>('PUT', '/slipway/registry', { body: { On: on, Host: host, Port: port, Push: push, Username: username, Password: password, Certificate, Key }, signal }))
    },
  }
}

/** The engine may be on another machine: it is given the text. */
async function pemOf(field: 'certificate' | 'key', path: string | undefined): Promise<string | undefined> {
  if (!path) return path
  try {
    const file = await open(path)
    try {
      if ((await file.stat()).size > longestPem) throw new Error('it is too large for a certificate')
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new EngineError('invalid-argument', `${path} cannot be read (${messageOf(error)}).`, { reason: 'tls-file', hint: 'Choose the file again.', field, cause: error })
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
