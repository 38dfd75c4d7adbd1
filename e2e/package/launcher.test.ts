import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** The `slipway` command, in an unpacked archive whose app tells what it was asked. */
const PROJECT = resolve(import.meta.dirname, '../..')
let root = ''

beforeEach(() => {
  root = mkdtempSync('/tmp/slipway-launcher-')
  mkdirSync(join(root, 'bin'))
  cpSync(join(PROJECT, 'packaging/linux/slipway'), join(root, 'bin/slipway'))
  writeFileSync(join(root, 'slipway-app'), '#!/bin/sh\necho "$$ ${ELECTRON_RUN_AS_NODE:-app} $*"\n')
  chmodSync(join(root, 'slipway-app'), 0o755)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function slipway(...args: string[]) {
  const { status, stdout, stderr, pid } = spawnSync(join(root, 'bin/slipway'), args, { encoding: 'utf8', env: { ...process.env, DOCKER_CONFIG: join(root, 'docker'), DOCKER_HOST: 'unix:///for-now.sock', DOCKER_CONTEXT: '', XDG_RUNTIME_DIR: '/run/user/7' } })
  return { status, said: stdout.replaceAll(root, 'HOME').trim(), stderr, pid }
}

test('each command becomes its program, as the same process: systemd hands sockets to a pid', () => {
  for (const [args, expected] of [
    [['engine', '--debug'], '1 HOME/resources/app/out/main/engine.js --debug'],
    [['serve', '--port', '1'], '1 HOME/resources/app/out/main/serve.js --port 1'],
    [['doctor'], '1 HOME/resources/app/out/main/engine.js doctor'],
    [['--version'], '1 HOME/resources/app/out/main/engine.js --version'],
    [[], 'app'],
    [['slipway://run?image=nginx'], 'app slipway://run?image=nginx'],
  ] as const) {
    const { status, said, pid } = slipway(...args)
    expect([status, said]).toEqual([0, `${pid} ${expected}`.trim()])
  }
  expect(slipway('--help').said).toContain('slipway docker-context add')
  expect(slipway('frobnicate')).toMatchObject({ status: 2, stderr: expect.stringContaining('frobnicate is not a command') })
})

test('it is found through a link, and says so when the app is not there', () => {
  symlinkSync(join(root, 'bin/slipway'), join(root, 'link'))
  expect(execFileSync(join(root, 'link'), ['serve'], { encoding: 'utf8' })).toContain(`${root}/resources/app/out/main/serve.js`)
  rmSync(join(root, 'slipway-app'))
  expect(spawnSync(join(root, 'bin/slipway'), [], { encoding: 'utf8', env: { ...process.env, SLIPWAY_HOME: join(root, 'none') } })).toMatchObject({ status: 1, stderr: expect.stringContaining('install Slipway again') })
})

test('a docker context is added, changed, used and taken away', () => {
  const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8', env: { ...process.env, DOCKER_CONFIG: join(root, 'docker'), DOCKER_HOST: '', DOCKER_CONTEXT: '' } }).trim()
  const host = () => docker('context', 'inspect', 'slipway', '--format', '{{.Endpoints.docker.Host}}')
  expect(slipway('docker-context', 'add').status).toBe(0)
  expect(host()).toBe(process.getuid!() === 0 ? 'unix:///run/slipway/docker.sock' : 'unix:///run/user/7/slipway/docker.sock')
  expect(slipway('docker-context', 'add', '--socket', 'unix:///other.sock', '--use').said).toContain('docker now uses Slipway')
  expect([host(), docker('context', 'show')]).toEqual(['unix:///other.sock', 'slipway'])
  expect(slipway('docker-context', 'remove').status).toBe(0)
  expect(docker('context', 'ls', '-q').split('\n')).toEqual(['default'])
  expect(docker('context', 'show')).toBe('default')
  expect(slipway('docker-context', 'remove')).toMatchObject({ status: 1, stderr: expect.stringContaining('no docker context named slipway') })
})

test('every option of the engine is completed in every shell, and bash offers it', () => {
  const help = execFileSync(process.execPath, [join(PROJECT, 'src/main/engine/main.ts'), '--help'], { encoding: 'utf8' })
  const options = [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name!)
  expect(options.length).toBeGreaterThan(12)
  const shell = (name: string) => readFileSync(join(PROJECT, 'packaging/completions', name), 'utf8')
  for (const option of options) {
    expect(shell('slipway.bash')).toContain(`--${option}`)
    expect(shell('_slipway')).toContain(`--${option}[`)
    expect(shell('slipway.fish')).toMatch(new RegExp(`\\b${option}\\b`))
  }
  const script = `. ${PROJECT}/packaging/completions/slipway.bash; COMP_WORDS=(slipway engine --tls-c); COMP_CWORD=2; _slipway; echo "\${COMPREPLY[*]}"`
  expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim()).toBe('--tls-ca --tls-cert')
})
