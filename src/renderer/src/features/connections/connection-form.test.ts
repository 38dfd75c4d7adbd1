import { expect, test } from 'vitest'
import type { SavedConnection } from '#shared/contract/connections.ts'
import { addressOf } from './connection-words.ts'
import { draftOf, formOf, problemsOf, secretsOf } from './connection-form.ts'

const saved: SavedConnection[] = [
  { id: 'a', name: 'Lab', colour: 2, target: { kind: 'ssh', host: 'lab', port: 2222, user: 'ops', keyFile: '/k', socketPath: '/run/docker.sock', jump: { host: 'gate' } }, hostKeys: { 'lab:2222': 'SHA256:a', 'gate:22': 'SHA256:b' } },
  { id: 'b', name: 'Shop', target: { kind: 'tcp', host: '10.0.0.9', port: 2376, tls: { ca: '/ca', serverName: 'shop' } } },
  { id: 'c', name: 'Open', target: { kind: 'tcp', host: '::1', port: 2375 } },
  { id: 'd', name: 'Podman', target: { kind: 'socket', socketPath: '/run/podman/podman.sock' } },
]

test.each(saved)('what is kept of $name comes out of its form as it went in', ({ id: _, ...connection }) => {
  const { secrets: __, ...draft } = draftOf(formOf(connection))
  expect(draft).toEqual(connection)
  expect(problemsOf(formOf(connection))).toEqual({})
})

test('what is missing is said, by field', () => {
  expect(problemsOf(formOf())).toEqual({ 'ssh.host': 'missing' })
  expect(problemsOf({ ...formOf(saved[0]), ssh: { ...formOf(saved[0]).ssh, port: '70000' }, jump: { ...formOf().jump, port: 'x' } })).toEqual({ 'ssh.port': 'port', 'jump.host': 'missing', 'jump.port': 'port' })
  expect(problemsOf({ ...formOf(saved[1]), port: '' })).toEqual({ port: 'port' })
  expect(problemsOf({ ...formOf(saved[3]), socketPath: 'docker.sock' })).toEqual({ socketPath: 'path' })
})

test('a name is made up; keys of hosts it no longer goes by are dropped', () => {
  const form = { ...formOf(saved[0]), name: ' ', jumps: false }
  expect(draftOf(form)).toMatchObject({ name: 'lab', hostKeys: { 'lab:2222': 'SHA256:a' } })
  expect(draftOf({ ...form, ssh: { ...form.ssh, host: 'other' } }).hostKeys).toBeUndefined()
})

test('only typed secrets are sent; those of a way that is given up are forgotten', () => {
  const form = formOf(saved[0])
  expect(secretsOf({ ...form, ssh: { ...form.ssh, password: 'x' } })).toEqual({ password: 'x' })
  expect(secretsOf({ ...form, jumps: false })).toEqual({ jumpPassword: '', jumpPassphrase: '' })
  expect(secretsOf(formOf(saved[3]))).toEqual({ password: '', passphrase: '', jumpPassword: '', jumpPassphrase: '' })
})

test('addresses as DOCKER_HOST has them', () => {
  expect(saved.map(({ target }) => addressOf(target))).toEqual(['ssh://ops@lab:2222/run/docker.sock', 'tcp://10.0.0.9:2376', 'tcp://[::1]:2375', 'unix:///run/podman/podman.sock'])
})
