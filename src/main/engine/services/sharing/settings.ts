import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import { hashPassword, PASSWORD_LIMIT, type PasswordHash } from '../../core/access/password.ts'
import { makeCertificate } from '../../core/access/self-signed.ts'

/** As saved. */
export interface SharingSettings {
  on: boolean
  /** An address of this machine, or the unspecified one for all. */
  host: string
  /** 0: any that is free. */
  port: number
  push: boolean
  username: string
  password?: PasswordHash
  tls?: { certificate: string; key: string; own: boolean }
}

/** What is not said stays as it is. */
export interface SharingChange {
  on?: boolean
  host?: string
  port?: number
  push?: boolean
  username?: string
  /** Empty takes it away. */
  password?: string
  /** PEM; both empty: one of the engine's own making. */
  certificate?: string
  key?: string
}

export const initialSettings: SharingSettings = { on: false, host: '127.0.0.1', port: 5055, push: false, username: 'slipway' }

const SHORTEST_PASSWORD = 8
const LIFETIME = 5 * 365 * 24 * 3600_000
/** One of our own is made anew when it has no longer than this to go. */
const RENEW_BEFORE = 30 * 24 * 3600_000

export const isLoopback = (host: string): boolean => host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** @throws failed-precondition (needs-password). That TLS is spoken on a network is settingsAfter's doing. */
export function mayOpen({ host, password, tls, push }: SharingSettings): void {
  if (!isLoopback(host) && !password) throw new EngineError('failed-precondition', `without a password images are not served on ${host}: whoever reached it could read them`, { reason: 'needs-password', field: 'password', hint: 'Set a password, or serve on 127.0.0.1 only.' })
  if (!isLoopback(host) && !tls) throw new EngineError('failed-precondition', `without TLS images are not served on ${host}`, { reason: 'needs-tls' })
  if (push && !password) throw new EngineError('failed-precondition', 'without a password nobody may push: a pushed image takes the place of the one of that name, and containers are started from it', { reason: 'needs-password', field: 'password', hint: 'Set a password, or allow pulling only.' })
}

/** @throws invalid-argument naming the field */
export async function settingsAfter(before: SharingSettings, change: SharingChange, hosts: readonly string[]): Promise<SharingSettings> {
  const host = change.host === 'localhost' ? '127.0.0.1' : (change.host ?? before.host)
  const port = change.port ?? before.port
  const username = change.username ?? before.username
  if (isIP(host) === 0) throw invalid('host', `${JSON.stringify(host)} is not an address of a machine`, 'For every address of this machine: 0.0.0.0.')
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalid('port', `${port} is not a port`, 'A port is a number from 1 to 65535.')
  if (!/^[\x21-\x39\x3b-\x7e]{1,128}$/.test(username)) throw invalid('username', 'the name has characters that cannot be sent', 'Letters and digits, without a colon or spaces.')
  const password = change.password === undefined ? before.password : await passwordOf(change.password)
  const { password: _, tls: __, ...rest } = before
  const next = { ...rest, on: change.on ?? before.on, push: change.push ?? before.push, host, port, username, ...(password && { password }) }
  const tls = tlsOf(next, before, change, hosts)
  return { ...next, ...(tls && { tls }) }
}

async function passwordOf(text: string): Promise<PasswordHash | undefined> {
  if (text === '') return undefined
  if (text.length < SHORTEST_PASSWORD || text.length > PASSWORD_LIMIT) throw invalid('password', `a password has ${SHORTEST_PASSWORD} to ${PASSWORD_LIMIT} characters`)
  return await hashPassword(text)
}

/** On a network always; on loopback where a certificate was given. */
function tlsOf({ host }: SharingSettings, before: SharingSettings, { certificate, key }: SharingChange, hosts: readonly string[]): SharingSettings['tls'] {
  if (certificate || key) return givenTls(certificate ?? '', key ?? '')
  const kept = certificate === undefined ? before.tls : undefined
  if (kept && !kept.own) return kept
  if (isLoopback(host)) return undefined
  const known = [...new Set([...hosts, 'localhost', '127.0.0.1', '::1', ...(/^(0\.0\.0\.0|::)$/.test(host) ? [] : [host])])]
  if (kept && covers(kept.certificate, known)) return kept
  return { ...makeCertificate('Slipway registry', known, { from: new Date(Date.now() - 24 * 3600_000), until: new Date(Date.now() + LIFETIME) }), own: true }
}

/** @throws invalid-argument when the two do not belong together. */
function givenTls(certificate: string, key: string): SharingSettings['tls'] {
  let belongs: boolean
  try {
    belongs = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch (cause) {
    throw new EngineError('invalid-argument', 'the certificate and its key are not two PEM texts', { reason: 'invalid-certificate', field: 'certificate', cause })
  }
  if (!belongs) throw invalid('key', 'the key is not that of the certificate')
  return { certificate, key, own: false }
}

function covers(certificate: string, hosts: readonly string[]): boolean {
  const read = new X509Certificate(certificate)
  if (read.validToDate.getTime() - Date.now() < RENEW_BEFORE) return false
  return hosts.every((host) => (isIP(host) ? read.checkIP(host) : read.checkHost(host)) !== undefined)
}

const invalid = (field: string, message: string, hint?: string) => new EngineError('invalid-argument', message, { reason: 'invalid-setting', field, ...(hint !== undefined && { hint }) })
