import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/** What the engine listens on beside a socket of its own: one that systemd made, and TCP with mutual TLS. */
const MAIN = resolve(import.meta.dirname, 'main.ts')
const NODE = process.execPath
let root = ''
const started: ChildProcess[] = []

beforeEach(() => {
  root = mkdtempSync('/tmp/slipway-listening-')
  chmodSync(root, 0o755)
})
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  rmSync(root, { recursive: true, force: true })
})

const roots = () => ['--data-root', join(root, 'data'), '--run-root', join(root, 'run')]

function start(program: string, args: string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let said = ''
  const ready = Promise.withResolvers<string>()
  child.stderr.on('data', (chunk: Buffer) => (said += chunk))
  child.stdout.on('data', (chunk: Buffer) => ready.resolve(String(chunk).trim()))
  const ended = once(child, 'close').then(([code]) => {
    ready.reject(new Error(`exit ${code}: ${said}`))
    return code as number | null
  })
  ready.promise.catch(() => {})
  return { child, ready: ready.promise, ended, said: () => said }
}

async function ping(socketPath: string): Promise<string> {
  const { promise, resolve: answered, reject } = Promise.withResolvers<string>()
  request({ socketPath, path: '/_ping', headers: { Connection: 'close' } }, (response) => void text(response).then(answered)).on('error', reject).end()
  return await promise
}
/** Resolves when systemd-socket-activate says that it waits. */
const untilWaiting = async (program: ReturnType<typeof start>) => {
  while (!program.said().includes('Listening on')) await once(program.child.stderr!, 'data')
}

describe('a socket that systemd made', () => {
  test('the first client starts the engine, which serves on it and leaves the file to its owner', async () => {
    const socket = join(root, 'made by systemd.sock')
    const program = start('systemd-socket-activate', ['--listen', socket, NODE, MAIN, ...roots()])
    await untilWaiting(program)
    expect(existsSync(join(root, 'data'))).toBe(false)
    const mode = statSync(socket).mode
    expect(await ping(socket)).toBe('OK')
    expect(await program.ready).toBe(`engine ready unix://${socket}`)
    expect([statSync(socket).mode, existsSync(join(root, 'run/docker.sock'))]).toEqual([mode, false])
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(existsSync(socket)).toBe(true)
  })

  test('TCP that was handed over is refused: it would be open to everybody', async () => {
    const program = start('systemd-socket-activate', ['--listen', '127.0.0.1:5056', NODE, MAIN, ...roots()])
    await untilWaiting(program)
    const client = spawn('bash', ['-c', 'exec 3<>/dev/tcp/127.0.0.1/5056; cat <&3'], { stdio: 'ignore' })
    started.push(client)
    await expect(program.ready).rejects.toThrow(/exit 2: .*does not listen at a path/s)
  })

  describe('of an ordinary user', () => {
    const USER = 'slipway-listen-test'
    const tun = { mode: 0 }
    beforeAll(() => {
      spawnSync('userdel', ['-r', USER])
      execFileSync('useradd', ['-m', '-s', '/bin/sh', USER])
      tun.mode = statSync('/dev/net/tun').mode & 0o777
      chmodSync('/dev/net/tun', 0o666)
    })
    afterAll(() => {
      chmodSync('/dev/net/tun', tun.mode)
      spawnSync('userdel', ['-r', USER], { stdio: 'ignore' })
    })

    test('is kept through the entry into the user\'s namespaces', async () => {
      const home = join(root, 'home')
      mkdirSync(home)
      execFileSync('chown', [USER, home])
      const words = ['systemd-socket-activate', '--listen', join(home, 's.sock'), NODE, MAIN, '--data-root', join(home, 'data'), '--run-root', join(home, 'run'), '--stop-containers']
      const program = start('su', ['-', USER, '-c', `exec ${words.map((word) => `'${word}'`).join(' ')}`])
      await untilWaiting(program)
      expect(await ping(join(home, 's.sock'))).toBe('OK')
      const engine = Number(readFileSync(join(home, 'data/lock'), 'utf8'))
      process.kill(engine, 'SIGTERM')
      expect(await program.ended).toBe(0)
      expect(existsSync(join(home, 's.sock'))).toBe(true)
    })
  })
})

describe('TCP with mutual TLS', () => {
  const pem = (name: string) => join(root, `${name}.pem`)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = (name: string) => openssl('req', '-x509', ...ec, '-subj', `/CN=${name}`, '-keyout', pem(`${name}-key`), '-out', pem(name), '-days', '2')
  function sign(name: string, by: string): void {
    writeFileSync(pem(`${name}-extensions`), 'subjectAltName=IP:127.0.0.1\n')
    openssl('req', ...ec, '-subj', `/CN=${name}`, '-keyout', pem(`${name}-key`), '-out', pem(`${name}-request`))
    openssl('x509', '-req', '-in', pem(`${name}-request`), '-CA', pem(by), '-CAkey', pem(`${by}-key`), '-CAcreateserial', '-out', pem(name), '-days', '2', '-extfile', pem(`${name}-extensions`))
  }
  const docker = (client: string, ...args: string[]) => ['-H', 'tcp://127.0.0.1:2376', '--tlsverify', '--tlscacert', pem('ca'), '--tlscert', pem(client), '--tlskey', pem(`${client}-key`), ...args]
  const listenWords = () => ['--tcp', '127.0.0.1:2376', '--tls-ca', pem('ca'), '--tls-cert', pem('server'), '--tls-key', pem('server-key')]

  test('a docker client with a certificate does everything, one without or with a stranger\'s nothing', async () => {
    authority('ca')
    authority('strangers')
    for (const [name, by] of [['server', 'ca'], ['client', 'ca'], ['stranger', 'strangers']] as const) sign(name, by)
    const engine = start(NODE, [MAIN, ...roots(), ...listenWords(), '--stop-containers'])
    await engine.ready
    mkdirSync(join(root, 'rootfs'))
    execFileSync('cp', ['/bin/busybox', join(root, 'rootfs/cat')])
    const archive = execFileSync('tar', ['-C', join(root, 'rootfs'), '-c', '.'], { maxBuffer: 64 << 20 })
    execFileSync('docker', docker('client', 'import', '-', 'own:1'), { input: archive, stdio: 'pipe' })
    // Standard input ends by a half-closed connection, which TLS has to carry too.
    expect(execFileSync('docker', docker('client', 'run', '--rm', '-i', '--network', 'none', 'own:1', '/cat'), { input: 'through TLS\n', encoding: 'utf8' })).toBe('through TLS\n')
    const refused = spawnSync('docker', docker('stranger', 'version'), { encoding: 'utf8' })
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/certificate|bad/i)])
    expect(spawnSync('curl', ['-sk', 'https://127.0.0.1:2376/_ping']).status).not.toBe(0)
    expect(spawnSync('curl', ['-s', 'http://127.0.0.1:2376/_ping']).stdout.toString()).not.toBe('OK')
    engine.child.kill('SIGTERM')
    expect(await engine.ended).toBe(0)
  })

  test('without any of it the engine does not start, and says which', async () => {
    await expect(start(NODE, [MAIN, ...roots(), '--tcp', '0.0.0.0:2375']).ready).rejects.toThrow(/exit 2: .*only with mutual TLS/s)
    await expect(start(NODE, [MAIN, ...roots(), ...listenWords()]).ready).rejects.toThrow(/exit 4: .*ca\.pem cannot be read/s)
    expect(existsSync(join(root, 'run/docker.sock'))).toBe(false)
  })
})
