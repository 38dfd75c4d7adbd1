import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run, startTestEngine, type TestEngine } from '../fixtures/engine.ts'
import { busyboxLayer, webLayer, writeLayout } from '../fixtures/images.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { freePort } from '../fixtures/registry.ts'

/** The engine as a registry, for the clients people have: skopeo, the docker client with an engine behind it, podman, buildah, curl. */
const PASSWORD = 'correct horse battery'
const AUTHORIZATION = `Basic ${Buffer.from(`slipway:${PASSWORD}`).toString('base64')}`
let folder: string
let here: TestEngine
let host: string
let open: AsyncDisposableStack

interface State {
  On: boolean
  Port: number
  Tls?: { Certificate: string }
}
async function registry(method: 'GET' | 'PUT', body?: object): Promise<{ status: number; body: State & { message?: string } }> {
  const reply = await callRaw(here.socket, method, '/slipway/registry', body)
  return { status: reply.status, body: reply.json() }
}
/** skopeo with the password; throws what it printed. */
async function skopeo(...args: string[]): Promise<string> {
  const result = await run('skopeo', ['--insecure-policy', ...args])
  if (result.code !== 0) throw new Error(`skopeo ${args.join(' ')}: ${result.output}`)
  return result.stdout
}
const copy = (from: string, to: string, ...options: string[]) => skopeo('copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', ...options, from, to)
const creds = `slipway:${PASSWORD}`

beforeAll(async () => {
  open = new AsyncDisposableStack()
  folder = await mkdtemp(join(tmpdir(), 'slipway-served-'))
  open.defer(() => rm(folder, { recursive: true, force: true }))
  here = open.use(await startTestEngine())
  host = `127.0.0.1:${await freePort()}`
  await writeLayout(join(folder, 'web'), [await busyboxLayer(), await webLayer('1.0')], { Env: ['PATH=/bin'], Cmd: ['cat', '/www.sh'] })
})
afterAll(() => open.disposeAsync())

test('off until it is turned on, and never open without a password', async () => {
  expect((await registry('GET')).body).toMatchObject({ On: false, Host: '127.0.0.1', Loopback: true, Push: false, Password: false })
  const port = Number(host.split(':')[1])
  expect(await registry('PUT', { On: true, Host: '0.0.0.0', Port: port })).toMatchObject({ status: 409, body: { reason: 'needs-password', field: 'password' } })
  await expect(fetch(`http://${host}/v2/`)).rejects.toThrow()
  expect(await registry('PUT', { On: true, Port: port, Push: true, Password: PASSWORD })).toMatchObject({ status: 200, body: { On: true, Port: port, Push: true, Password: true } })
  expect((await fetch(`http://${host}/v2/`)).headers.get('www-authenticate')).toMatch(/^Basic /)
})

test('skopeo pushes an image that runs here, and pulls it with the digests it had', async () => {
  expect((await run('skopeo', ['--insecure-policy', 'copy', '-q', '--dest-tls-verify=false', '--dest-creds', 'slipway:wrong password', `oci:${folder}/web:x`, `docker://${host}/web:1.0`])).code).not.toBe(0)
  await copy(`oci:${folder}/web:x`, `docker://${host}/web:1.0`, '--dest-creds', creds)
  expect(await here.ok('run', '--rm', 'web:1.0', 'sh', '-c', 'echo it runs')).toBe('it runs')
  await copy(`docker://${host}/web:1.0`, `oci:${folder}/back:x`, '--src-creds', creds)
  const digestOf = async (layout: string) => (JSON.parse(await skopeo('inspect', '--raw', `oci:${folder}/${layout}:x`)) as { layers: { digest: string }[] }).layers.map(({ digest }) => digest)
  expect(await digestOf('back')).toEqual(await digestOf('web'))
  expect(JSON.parse(await skopeo('list-tags', '--tls-verify=false', '--creds', creds, `docker://${host}/web`))).toMatchObject({ Tags: ['1.0'] })
  // A second copy of it under another name sends no layer again, and deleting it leaves the first.
  await copy(`docker://${host}/web:1.0`, `docker://${host}/second/web:1.0`, '--src-creds', creds, '--dest-creds', creds)
  await skopeo('delete', '--tls-verify=false', '--creds', creds, `docker://${host}/second/web:1.0`)
  expect(await here.ok('images', '--format', '{{.Repository}}:{{.Tag}}')).toBe('web:1.0')
})

test('another engine pulls what was made here, and pushes what was made there', async () => {
  await using there = await startTestEngine()
  const config = join(folder, 'docker-config')
  await mkdir(config, { recursive: true })
  const docker = async (engine: TestEngine, ...args: string[]) => {
    const result = await run('docker', ['--config', config, '-H', `unix://${engine.socket}`, ...args], { input: `${PASSWORD}\n`, timeout: 120_000 })
    if (result.code !== 0) throw new Error(`docker ${args.join(' ')}: ${result.output}`)
    return result.stdout.trim()
  }
  await here.ok('run', '--name', 'made', 'web:1.0', 'sh', '-c', 'echo made here > /made')
  await here.ok('commit', 'made', 'mine:1')
  await here.ok('rm', 'made')
  await docker(there, 'login', '-u', 'slipway', '--password-stdin', host)
  await docker(there, 'pull', `${host}/mine:1`)
  expect(await docker(there, 'run', '--rm', `${host}/mine:1`, 'cat', '/made')).toBe('made here')
  const pulled = await docker(there, 'inspect', '-f', '{{.Id}} {{index .RepoDigests 0}}', `${host}/mine:1`)
  expect(pulled.split(' ')[0]).toBe(await here.ok('inspect', '-f', '{{.Id}}', 'mine:1'))
  // The same digest, whoever asks when.
  await docker(there, 'rmi', `${host}/mine:1`)
  await docker(there, 'pull', `${host}/mine:1`)
  expect(await docker(there, 'inspect', '-f', '{{.Id}} {{index .RepoDigests 0}}', `${host}/mine:1`)).toBe(pulled)

  await docker(there, 'run', '--name', 'changed', `${host}/mine:1`, 'sh', '-c', 'echo made there > /made')
  await docker(there, 'commit', 'changed', `${host}/team/theirs:2`)
  await docker(there, 'push', `${host}/team/theirs:2`)
  expect(await here.ok('run', '--rm', 'team/theirs:2', 'cat', '/made')).toBe('made there')
  // A duration is cut to whole seconds by the client (https://github.com/moby/moby/blob/v26.1.5/api/types/time/timestamp.go): what happened in this one would be missing.
  const events = await here.ok('events', '--since', '10m', '--until', (Date.now() / 1000).toFixed(3), '--filter', 'type=image', '--format', '{{.Action}} {{.Actor.Attributes.name}}')
  expect(events.split('\n')).toContain('load team/theirs:2')
})

/** Debian's, where they are installed (CI has them): with a store of their own, and nothing of the machine's. */
const others = ['podman', 'buildah'].filter((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0)
test.skipIf(others.length === 0).each(others)('%s pulls what is here, and what it makes of it is pushed here and runs', async (program) => {
  const store = ['--root', join(folder, program), '--runroot', join(folder, `${program}-run`), '--storage-driver', 'vfs']
  const call = async (command: string, ...args: string[]) => {
    const result = await run(program, [...store, command, ...args], { timeout: 120_000 })
    if (result.code !== 0) throw new Error(`${program} ${command} ${args.join(' ')}: ${result.output}`)
    return result.stdout.trim()
  }
  const access = ['--tls-verify=false', '--creds', creds]
  const wary = await run(program, [...store, 'pull', '--tls-verify=false', '--creds', 'slipway:wrong', `${host}/web:1.0`])
  expect([wary.code === 0, wary.output]).toEqual([false, expect.stringMatching(/authentication required|unauthorized/i)])
  await call('pull', '-q', ...access, `${host}/web:1.0`)
  const made = program === 'podman' ? await call('create', '--network', 'none', `${host}/web:1.0`) : await call('from', '--pull=never', `${host}/web:1.0`)
  const changes = program === 'podman' ? ['-q', '--change', 'LABEL by=podman'] : ['-q']
  if (program === 'buildah') await call('config', '--label', 'by=buildah', made)
  await call('commit', ...changes, made, `${host}/made/by-${program}:1`)
  await call('push', '-q', ...access, `${host}/made/by-${program}:1`)
  expect(await here.ok('run', '--rm', `made/by-${program}:1`, 'sh', '-c', 'echo it runs')).toBe('it runs')
  expect(await here.ok('inspect', '-f', '{{.Config.Labels.by}}', `made/by-${program}:1`)).toBe(program)
  await call('rm', made)
})

test('an upload that the engine died under goes on with the next one', async () => {
  const blob = Buffer.alloc(3 << 20, 'abcdefg')
  const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`
  const call = (method: string, path: string, body?: Buffer) => fetch(`http://${host}${path}`, { method, headers: { Authorization: AUTHORIZATION }, ...(body && { body: body as unknown as string }) })
  const location = (await call('POST', '/v2/cut/blobs/uploads/')).headers.get('location')!
  expect((await call('PATCH', location, blob.subarray(0, 1 << 20))).headers.get('range')).toBe(`0-${(1 << 20) - 1}`)
  await here.kill('SIGKILL')
  await here.start()
  expect((await registry('GET')).body.On).toBe(true)
  expect((await call('GET', location)).headers.get('range')).toBe(`0-${(1 << 20) - 1}`)
  expect((await call('PATCH', location, blob.subarray(1 << 20))).status).toBe(202)
  expect((await call('PUT', `${location}?digest=${digest}`)).status).toBe(201)
  // What no manifest has named yet survives a restart and a prune.
  await here.kill('SIGKILL')
  await here.start()
  await here.ok('image', 'prune', '-f')
  expect((await call('HEAD', `/v2/cut/blobs/${digest}`)).status).toBe(200)
  expect((await call('DELETE', `/v2/cut/blobs/${digest}`)).status).toBe(202)
})

test('on a network it speaks TLS: who has the certificate gets in, who has not does not', async () => {
  const { status, body } = await registry('PUT', { Host: '0.0.0.0' })
  expect(status).toBe(200)
  const certificates = join(folder, 'certificates')
  await mkdir(certificates)
  await writeFile(join(certificates, 'ca.crt'), body.Tls!.Certificate)
  await skopeo('copy', '-q', '--src-cert-dir', certificates, '--src-creds', creds, `docker://${host}/web:1.0`, `oci:${folder}/secure:x`)
  const wary = await run('skopeo', ['--insecure-policy', 'inspect', '--creds', creds, `docker://${host}/web:1.0`])
  expect([wary.code, wary.output]).toEqual([1, expect.stringMatching(/certificate/)])
  const plain = await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', join(certificates, 'ca.crt'), `https://${host}/v2/`])
  expect(plain.stdout).toBe('401')
  await expect(fetch(`http://${host}/v2/`)).rejects.toThrow()
  await registry('PUT', { On: false })
  expect((await run('curl', ['-s', '-k', `https://${host}/v2/`])).code).toBe(7)
})
