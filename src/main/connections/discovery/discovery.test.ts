import { createHash, createHmac } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findDockerContexts, readEndpoint } from './docker-contexts.ts'
import { isKnownToSsh } from './known-hosts.ts'
import { findSockets } from './sockets.ts'
import { aliasesOf, findSshHosts, readSections, resolveHost } from './ssh-config.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'slipway-discovery-'))))
afterEach(() => rm(folder, { recursive: true }))

const config = `
User everywhere
# a comment
Host lab "old lab"
  HostName %h.example.org
  Port=2222
  IdentityFile ~/.ssh/lab
Host lab *.inner !secret.inner
  Port 1
  ProxyJump ops@gate:2200
Host gate
  HostName 198.51.100.7
  User nobody
Match host x
  User matched
Host twice
  ProxyJump a,b
Host shell
  ProxyCommand nc %h %p
`

test('hosts of an ssh configuration are reached as ssh would: the first value counts, wildcards and jump hosts included', () => {
  const sections = readSections(config)
  expect(aliasesOf(sections)).toEqual(['lab', 'old lab', 'gate', 'twice', 'shell'])
  const jump = { host: '198.51.100.7', port: 2200, user: 'ops' }
  expect(resolveHost(sections, 'lab')).toEqual({ kind: 'ssh', host: 'lab.example.org', port: 2222, user: 'everywhere', keyFile: join(homedir(), '.ssh/lab'), jump })
  expect(resolveHost(sections, 'db.inner')).toEqual({ kind: 'ssh', host: 'db.inner', port: 1, user: 'everywhere', jump })
  expect(resolveHost(sections, 'secret.inner')).toEqual({ kind: 'ssh', host: 'secret.inner', user: 'everywhere' })
  expect(resolveHost(sections, 'twice')).toBeUndefined()
  expect(resolveHost(sections, 'shell')).toBeUndefined()
})

test('included files stand where they are included', async () => {
  await mkdir(join(folder, 'more'))
  await writeFile(join(folder, 'more/b.conf'), 'Host b\n  User second\n')
  await writeFile(join(folder, 'more/a.conf'), 'Host a b\n  User first\nInclude more/*.conf\n')
  await writeFile(join(folder, 'config'), `Include more/*.conf ${folder}/missing\nHost c\n`)
  expect(await findSshHosts(join(folder, 'config'))).toEqual(['a', 'b', 'c'].map((alias) => ({ alias, target: { kind: 'ssh', host: alias, ...(alias !== 'c' && { user: 'first' }) } })))
  expect(await findSshHosts(join(folder, 'none'))).toEqual([])
})

test('addresses of docker contexts', () => {
  expect(readEndpoint('unix:///var/run/docker.sock')).toEqual({ kind: 'socket', socketPath: '/var/run/docker.sock' })
  expect(readEndpoint('ssh://ops@build.example.org:2222/run/user/1000/docker.sock')).toEqual({ kind: 'ssh', host: 'build.example.org', port: 2222, user: 'ops', socketPath: '/run/user/1000/docker.sock' })
  expect(readEndpoint('tcp://10.0.0.9:2375')).toEqual({ kind: 'tcp', host: '10.0.0.9', port: 2375 })
  expect(readEndpoint('tcp://[::1]:2376', { ca: '/ca' })).toEqual({ kind: 'tcp', host: '::1', port: 2376, tls: { ca: '/ca' } })
  expect(readEndpoint('npipe:////./pipe/docker_engine')).toBeUndefined()
  expect(readEndpoint('')).toBeUndefined()
})

test('docker contexts come with their certificates; what cannot be read is left out', async () => {
  const keep = async (entry: string, meta: string) => {
    await mkdir(join(folder, 'meta', entry), { recursive: true })
    await writeFile(join(folder, 'meta', entry, 'meta.json'), meta)
  }
  await keep('1', JSON.stringify({ Name: 'lab', Metadata: { Description: 'The lab' }, Endpoints: { docker: { Host: 'tcp://lab:2376' } } }))
  await keep('2', JSON.stringify({ Name: 'k8s', Endpoints: {} }))
  await keep('3', '{')
  await mkdir(join(folder, 'tls/1/docker'), { recursive: true })
  for (const name of ['ca.pem', 'cert.pem', 'key.pem']) await writeFile(join(folder, 'tls/1/docker', name), '')
  const tls = { ca: join(folder, 'tls/1/docker/ca.pem'), certificate: join(folder, 'tls/1/docker/cert.pem'), key: join(folder, 'tls/1/docker/key.pem') }
  expect(await findDockerContexts(folder)).toEqual([{ name: 'lab', description: 'The lab', target: { kind: 'tcp', host: 'lab', port: 2376, tls } }])
})

test('sockets that are there, once each', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(folder, 'podman.sock'), resolve))
  await symlink(join(folder, 'podman.sock'), join(folder, 'docker.sock'))
  await writeFile(join(folder, 'file.sock'), '')
  const place = (product: 'Docker' | 'Podman', name: string) => ({ product, owner: 'user' as const, socketPath: join(folder, name) })
  expect(await findSockets([place('Docker', 'docker.sock'), place('Podman', 'podman.sock'), place('Docker', 'file.sock'), place('Docker', 'none.sock')])).toEqual([{ ...place('Podman', 'podman.sock'), usable: true }])
  server.close()
})

test('keys that ssh has accepted are recognised, hidden names included', async () => {
  const key = Buffer.from('a key')
  const fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
  const salt = Buffer.from('salt')
  const hidden = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update('[hidden]:2222').digest('base64')}`
  const path = join(folder, 'known_hosts')
  await writeFile(path, `lab,10.0.0.9 ssh-ed25519 ${key.toString('base64')}\n${hidden} ssh-ed25519 ${key.toString('base64')} note\n@revoked gone ssh-ed25519 ${key.toString('base64')}\n`)
  expect(await isKnownToSsh('lab:22', fingerprint, path)).toBe(true)
  expect(await isKnownToSsh('hidden:2222', fingerprint, path)).toBe(true)
  expect(await isKnownToSsh('lab:2222', fingerprint, path)).toBe(false)
  expect(await isKnownToSsh('lab:22', 'SHA256:other', path)).toBe(false)
  expect(await isKnownToSsh('gone:22', fingerprint, path)).toBe(false)
  expect(await isKnownToSsh('lab:22', fingerprint, join(folder, 'none'))).toBe(false)
})
