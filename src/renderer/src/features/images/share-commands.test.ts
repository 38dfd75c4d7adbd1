import { expect, test } from 'vitest'
import type { Sharing } from '#shared/contract/sharing.ts'
import { addressesOf, isShareable, shareCommands } from './share-commands.ts'

const local: Sharing = { on: true, host: '127.0.0.1', port: 5055, push: false, username: 'slipway', password: false, loopback: true, hosts: ['10.0.0.2', 'fd00::2', 'box'] }
const wide: Sharing = { ...local, host: '0.0.0.0', loopback: false, password: true, push: true, tls: { certificate: '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n', fingerprint: 'AB:CD', expires: '2031-01-01T00:00:00.000Z', own: true } }

test('on this machine only: one command', () => {
  expect(addressesOf(local)).toEqual(['127.0.0.1'])
  expect(shareCommands(local, '127.0.0.1', 'web:1.0')).toEqual({ address: '127.0.0.1:5055', pull: 'docker pull 127.0.0.1:5055/web:1.0' })
})

test('from elsewhere: trust, sign in, pull, push', () => {
  expect(addressesOf(wide)).toEqual(wide.hosts)
  expect(addressesOf({ ...wide, host: '10.0.0.2' })).toEqual(['10.0.0.2'])
  expect(shareCommands(wide, 'box', 'team/web:1.0')).toEqual({
    address: 'box:5055',
    trust: "sudo mkdir -p /etc/docker/certs.d/box:5055 && sudo tee /etc/docker/certs.d/box:5055/ca.crt <<'END'\n-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\nEND",
    login: 'docker login -u slipway box:5055',
    pull: 'docker pull box:5055/team/web:1.0',
    push: 'docker push box:5055/team/web:1.0',
  })
  expect(shareCommands(wide, 'fd00::2', 'web:1.0').address).toBe('[fd00::2]:5055')
})

test('a certificate that others know already needs no trusting', () => {
  expect(shareCommands({ ...wide, tls: { ...wide.tls!, own: false } }, 'box', 'web:1.0').trust).toBe(undefined)
})

test('names that can be spelled', () => {
  expect(['web:1.0', 'team/web:1', 'ghcr.io/team/web:1', 'localhost/web:1'].filter(isShareable)).toHaveLength(4)
  expect(['127.0.0.1:5000/web:1', 'Host/web:1', '[::1]:5000/web:1', ''].filter(isShareable)).toEqual([])
})
