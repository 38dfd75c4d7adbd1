import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

const { code } = await run('docker', ['compose', 'version'])

/** Needs docker's compose plugin; `npm run setup` does not bring it. */
describe.skipIf(code !== 0)('docker compose', () => {
  let stage: Stage
  let folder: string
  let port: number
  beforeAll(async () => {
    stage = await setStage()
    folder = join(stage.folder, 'project')
    port = await freePort()
    await mkdir(join(folder, 'context'), { recursive: true })
    await writeFile(join(folder, 'conf.txt'), 'configured\n')
    await writeFile(join(folder, 'context/Dockerfile'), `FROM ${stage.busybox} AS first\nARG WHO\nRUN echo hi $WHO > /hi\nFROM ${stage.busybox}\nCOPY --from=first /hi /hi\n`)
    await writeProject('one')
  })
  afterAll(async () => {
    if (stage) await compose('--profile', 'extra', 'down', '-v', '-t', '0')
    await stage?.[Symbol.asyncDispose]()
  })

  const compose = async (...args: string[]) => run('docker', ['compose', '--ansi', 'never', '--project-directory', folder, ...args], { env: { DOCKER_HOST: `unix://${stage.engine.socket}` } })
  const ok = async (...args: string[]) => {
    const result = await compose(...args)
    if (result.code !== 0) throw new Error(`compose ${args.join(' ')} exited ${result.code}: ${result.output}`)
    return result.stdout.trim()
  }
  const idle = (image: string) => ({ image, command: 'sleep 1000', stop_signal: 'SIGKILL' })
  const writeProject = (setting: string) =>
    writeFile(
      join(folder, 'compose.yaml'),
      // JSON is YAML.
      JSON.stringify({
        name: 'tour',
        services: {
          web: {
            image: `${stage.web}:1.0`,
            stop_signal: 'SIGKILL',
            ports: [`127.0.0.1:${port}:8080`],
            depends_on: { db: { condition: 'service_healthy' }, init: { condition: 'service_completed_successfully' } },
            networks: { front: { aliases: ['site'] }, back: {} },
            volumes: ['data:/data', './conf.txt:/conf.txt:ro'],
            environment: { SETTING: setting },
            restart: 'unless-stopped',
            secrets: ['key'],
            deploy: { resources: { limits: { memory: '64M', cpus: '0.5' } } },
          },
          db: { ...idle(stage.busybox), command: "sh -c 'sleep 0.3; touch /ready; sleep 1000'", init: true, healthcheck: { test: ['CMD', 'test', '-e', '/ready'], interval: '100ms', timeout: '5s', retries: 50 }, networks: ['back'], tmpfs: ['/run'] },
          init: { image: stage.busybox, command: "sh -c 'echo made > /data/f; echo init done'", volumes: ['data:/data'], network_mode: 'none' },
          side: { ...idle(stage.busybox), network_mode: 'service:db' },
          worker: { ...idle(stage.busybox), networks: ['front'] },
          built: { ...idle('tour-built'), build: { context: 'context', args: { WHO: 'you' } }, profiles: ['extra'], networks: ['front'] },
        },
        networks: { front: {}, back: { internal: true, ipam: { config: [{ subnet: '10.224.0.0/24' }] } } },
        volumes: { data: {} },
        secrets: { key: { file: 'conf.txt' } },
      }),
    )
  const states = async () => Object.fromEntries((await ok('ps', '-a', '--format', '{{.Name}} {{.State}}')).split('\n').map((line) => line.split(' ')))

  test('up waits for health and for completion, in the order of dependencies', async () => {
    await ok('up', '-d')
    expect(await states()).toEqual({ 'tour-web-1': 'running', 'tour-db-1': 'running', 'tour-init-1': 'exited', 'tour-side-1': 'running', 'tour-worker-1': 'running' })
    await expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then((reply) => reply.text()).catch(String)).toBe('web 1.0\n')
    expect(await ok('port', 'web', '8080')).toBe(`127.0.0.1:${port}`)
  })

  test('volumes, binds, secrets, names and limits are inside', async () => {
    expect(await ok('exec', '-T', 'web', 'cat', '/data/f', '/conf.txt', '/run/secrets/key')).toBe('made\nconfigured\nconfigured')
    expect(await ok('exec', '-T', 'worker', 'wget', '-qO-', 'http://site:8080/')).toBe('web 1.0')
    expect((await compose('exec', '-T', 'worker', 'sh', '-c', 'exit 6')).code).toBe(6)
    expect(await ok('exec', '-T', 'side', 'hostname')).toBe(await ok('exec', '-T', 'db', 'hostname'))
    expect(await stage.engine.ok('inspect', '-f', '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}', 'tour-web-1')).toBe('67108864 500000000')
  })

  test('logs, top, run, pause, restart, scale', async () => {
    expect(await ok('logs', '--no-log-prefix', 'init')).toContain('init done')
    expect(await ok('top', 'db')).toContain('sleep 1000')
    expect(await ok('run', '--rm', '-T', '--no-deps', 'worker', 'echo', 'once')).toBe('once')
    await ok('pause', 'worker')
    expect((await states())['tour-worker-1']).toBe('paused')
    await ok('unpause', 'worker')
    await ok('restart', '-t', '0', 'worker')
    await ok('up', '-d', '--no-recreate', '--scale', 'worker=3')
    expect(Object.keys(await states()).filter((name) => name.includes('worker')).length).toBe(3)
  })

  test('a change recreates what changed and nothing else', async () => {
    const ids = async () => Object.fromEntries((await ok('ps', '-a', '--format', '{{.Service}} {{.ID}}', 'web', 'db')).split('\n').map((line) => line.split(' ')))
    const before = await ids()
    await writeProject('two')
    await ok('up', '-d', '--no-deps', 'web')
    const after = await ids()
    expect([after['db'], after['web'] === before['web']]).toEqual([before['db'], false])
    expect(await ok('exec', '-T', 'web', 'sh', '-c', 'echo $SETTING')).toBe('two')
  })

  test('a profile brings a service that is built', async () => {
    await ok('--profile', 'extra', 'up', '-d', 'built')
    expect(await ok('--profile', 'extra', 'exec', '-T', 'built', 'cat', '/hi')).toBe('hi you')
  })

  test('down leaves nothing', async () => {
    await ok('--profile', 'extra', 'down', '-v', '-t', '0')
    expect(await stage.engine.ok('ps', '-aq')).toBe('')
    expect(await stage.engine.ok('volume', 'ls', '-q')).toBe('')
    expect(await stage.engine.ok('network', 'ls', '-q', '--filter', 'type=custom')).toBe('')
  })
})
