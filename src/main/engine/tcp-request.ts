import { readFileSync } from 'node:fs'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { TlsPlace } from './api/server.ts'

/** Where the engine listens on TCP, and the files that say who may speak to it. Without them it does not listen there at all: whoever may speak to it is root, or the user. */
export interface TcpRequest {
  host: string
  port: number
  ca: string
  certificate: string
  key: string
}

interface Given {
  tcp?: string
  tlsCa?: string
  tlsCert?: string
  tlsKey?: string
}

const HINT = 'Give --tcp HOST:PORT, --tls-ca, --tls-cert and --tls-key together.'

/** @throws invalid-argument when something of it is missing. */
export function readTcp({ tcp, tlsCa, tlsCert, tlsKey }: Given): TcpRequest | undefined {
  if (tcp === undefined && tlsCa === undefined && tlsCert === undefined && tlsKey === undefined) return undefined
  if (tcp === undefined) throw new EngineError('invalid-argument', 'TLS is for TCP, and no --tcp was given.', { reason: 'tcp-tls', hint: HINT })
  if (tlsCa === undefined || tlsCert === undefined || tlsKey === undefined) throw new EngineError('invalid-argument', 'The engine listens on TCP only with mutual TLS.', { reason: 'tcp-tls', hint: HINT })
  return { ...readAddress('--tcp', tcp), ca: tlsCa, certificate: tlsCert, key: tlsKey }
}

export const formatTcp = ({ host, port, ca, certificate, key }: TcpRequest): string[] => ['--tcp', formatAddress(host, port), '--tls-ca', ca, '--tls-cert', certificate, '--tls-key', key]

export const formatAddress = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** The texts behind the names. @throws failed-precondition naming the file. */
export function readTlsFiles(request: TcpRequest): TlsPlace {
  const { host, port } = request
  return { host, port, ca: readPem(request.ca), certificate: readPem(request.certificate), key: readPem(request.key) }
}

/** @throws invalid-argument naming the option */
export function readAddress(option: string, text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:tcp:\/\/)?(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || port > 65_535) throw new EngineError('invalid-argument', `${option} ${text} is not HOST:PORT.`, { reason: 'tcp-address', hint: 'For every address of this machine: 0.0.0.0:2376.' })
  return { host, port }
}

function readPem(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new EngineError('failed-precondition', `${path} cannot be read: ${messageOf(cause)}`, { reason: 'tls-file', cause })
  }
  if (!text.includes('-----BEGIN ')) throw new EngineError('failed-precondition', `${path} is not a PEM file.`, { reason: 'tls-file' })
  return text
}
