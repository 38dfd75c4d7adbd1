import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP, isIPv6 } from 'node:net'

export interface OwnCertificate {
  /** PEM. */
  certificate: string
  key: string
}

/**
 * A certificate for a server that signs itself: who is to trust it is given it. ECDSA on P-256, for TLS servers only, no authority for others.
 * https://www.rfc-editor.org/rfc/rfc5280#section-4.1; Node can read certificates and not write them.
 * `hosts`: names and addresses that clients know the server by.
 */
export function makeCertificate(name: string, hosts: readonly string[], { from, until }: { from: Date; until: Date }): OwnCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid(ECDSA_WITH_SHA256))
  const subject = sequence(tagged(0x31, sequence(oid(COMMON_NAME), tagged(0x0c, Buffer.from(name)))))
  const toSign = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    subject,
    sequence(time(from), time(until)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(hosts))),
  )
  const signature = sign('sha256', toSign, { key: privateKey, dsaEncoding: 'der' })
  const der = sequence(toSign, algorithm, tagged(0x03, Buffer.from([0]), signature))
  return { certificate: pem(der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]
const COMMON_NAME = [0x55, 0x04, 0x03]
const KEY_USAGE = [0x55, 0x1d, 0x0f]
const ALTERNATIVE_NAME = [0x55, 0x1d, 0x11]
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13]
const EXTENDED_KEY_USAGE = [0x55, 0x1d, 0x25]
const SERVER_AUTHENTICATION = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]

const extensions = (hosts: readonly string[]): Buffer[] => [
  extension(BASIC_CONSTRAINTS, true, sequence()),
  // Bit 0: digitalSignature.
  extension(KEY_USAGE, true, tagged(0x03, Buffer.from([7, 0x80]))),
  extension(EXTENDED_KEY_USAGE, false, sequence(oid(SERVER_AUTHENTICATION))),
  extension(ALTERNATIVE_NAME, false, sequence(...hosts.map((host) => (isIP(host) ? tagged(0x87, addressBytes(host)) : tagged(0x82, Buffer.from(host, 'latin1')))))),
]

const extension = (id: readonly number[], critical: boolean, value: Buffer) => sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.from([0xff]))] : []), tagged(0x04, value))

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes an address with its groups in hexadecimal and at most one `::`.
  const [left = '', right] = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string | undefined) => (text ? text.split(':') : [])
  const [head, tail] = [groups(left), groups(right)]
  const all = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return Buffer.from(all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]))
}

/** DER (X.690): tag, length, content. */
function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthBytes(content.length), content])
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff])
}

const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts)
const oid = (bytes: readonly number[]) => tagged(0x06, Buffer.from(bytes))
const integer = (bytes: Buffer) => tagged(0x02, bytes)

/** UTCTime up to 2049, as RFC 5280 wants it. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+Z$/, 'Z').replaceAll(/[-:T]/g, '')
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits))
}

const pem = (der: Buffer) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
