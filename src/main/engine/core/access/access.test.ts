import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { hashPassword, isPassword } from './password.ts'
import { makeCertificate } from './self-signed.ts'

const YEAR = 365 * 24 * 3600_000
const now = Date.now()
const lifetime = { from: new Date(now - 3600_000), until: new Date(now + YEAR) }

test('a password is known again, another is not, and the same one is never kept the same way twice', async () => {
  const kept = await hashPassword('correct horse')
  expect(await isPassword('correct horse', kept)).toBe(true)
  expect(await isPassword('correct hors', kept)).toBe(false)
  expect(await isPassword('', kept)).toBe(false)
  expect(await isPassword('x'.repeat(2000), kept)).toBe(false)
  expect((await hashPassword('correct horse')).hash).not.toBe(kept.hash)
  expect(JSON.stringify(kept)).not.toContain('horse')
})

test('a password typed on another keyboard is the same password', async () => {
  expect(await isPassword('\u0065\u0301', await hashPassword('\u00e9'))).toBe(true)
})

test('the certificate is for its hosts and nothing else', () => {
  const { certificate } = makeCertificate('Slipway registry', ['box.lan', '127.0.0.1', '10.0.0.255', '::1', 'fe80::1:2', '2001:db8::ff00:42:8329'], lifetime)
  const read = new X509Certificate(certificate)
  expect(read.subject).toBe('CN=Slipway registry')
  expect(read.ca).toBe(false)
  expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.checkHost('box.lan')).toBe('box.lan')
  expect(read.checkHost('other.lan')).toBe(undefined)
  for (const address of ['127.0.0.1', '10.0.0.255', '::1', 'fe80::1:2', '2001:db8::ff00:42:8329']) expect(read.checkIP(address), address).toBe(address)
  expect(read.checkIP('10.0.0.1')).toBe(undefined)
  expect(Math.abs(Date.parse(read.validTo) - lifetime.until.getTime())).toBeLessThan(1000)
})

test('who trusts it gets a connection, who does not gets none', async () => {
  const { certificate, key } = makeCertificate('Slipway registry', ['127.0.0.1'], lifetime)
  const server = createServer({ cert: certificate, key }, (socket) => socket.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const trusting = connect({ host: '127.0.0.1', port, ca: certificate })
    await once(trusting, 'secureConnect')
    expect(trusting.authorized).toBe(true)
    trusting.destroy()
    const wary = connect({ host: '127.0.0.1', port })
    await expect(once(wary, 'secureConnect')).rejects.toThrow('self-signed')
  } finally {
    server.close()
  }
})
