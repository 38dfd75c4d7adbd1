import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builds, makeWorkDirectory, prepareHost, removeWorkDirectory, shimPath } from './testing/host-tools.ts'
import { prepareRun } from './testing/shim.ts'
import { ShimClient } from './testing/shim-client.ts'

let work: string
beforeAll(() => {
  prepareHost()
  work = makeWorkDirectory()
})
afterAll(() => removeWorkDirectory(work))

describe.each(builds)('%s', (build) => {
  const call = (...args: string[]) => spawnSync(shimPath(build), args, { encoding: 'utf8' })

  test('in the background: the exit status of the foreground is readiness', async () => {
    const { state, args } = prepareRun({ work, build, args: ['echo', 'there'] })
    const { status, stderr } = call(...args)
    expect([status, stderr]).toEqual([0, ''])
    const client = await ShimClient.connect(state)
    await client.attach({ stdout: true })
    await client.send({ type: 'start' }).untilEnd()
    expect(client.output()).toBe('there\n')
  })

  test('in the background: failing is one line and exit status 1', () => {
    const { args } = prepareRun({ work, build, args: ['true'], state: join(work, `${build}-gone`) })
    const { status, stderr } = call(...args.map((arg) => (arg === join(work, `${build}-gone`) ? '/no/such/directory' : arg)))
    expect([status, stderr]).toEqual([1, 'slipway-shim: --state /no/such/directory: No such file or directory\n'])
  })

  test('a runtime that is not there is told like any failing start', async () => {
    const { state, args } = prepareRun({ work, build, args: ['true'] })
    call(...args.map((arg) => (arg === 'crun' ? '/no/such/runtime' : arg)))
    const client = await ShimClient.connect(state)
    const failure = await client.send({ type: 'start' }).until('start-failed')
    expect(failure).toEqual({ type: 'start-failed', status: 127, text: 'slipway-shim: cannot run /no/such/runtime: No such file or directory\n' })
    await client.untilEnd()
  })

  const complete = ['--id', 'x', '--state', '/tmp', '--bundle', '/tmp', '--runtime', 'crun', '--runtime-root', '/tmp']
  test.for([
    [['run'], '--id is missing'],
    [['run', ...complete, 'more'], 'unexpected argument: more'],
    [['run', ...complete, '--colour'], 'unknown option: --colour'],
    [['run', ...complete, '--stdin'], '--stdin: needs a value'],
    [['run', ...complete, '--stdin', 'maybe'], '--stdin: none, keep or once, not: maybe'],
    [['run', ...complete, '--bundle', 'here'], '--bundle: not an absolute path: here'],
    [['run', ...complete, '--id', '--force'], '--id: not a container id: --force'],
    [['run', ...complete, '--id', 'a/../b'], '--id: not a container id: a/../b'],
    [['run', ...complete, '--log-max-size', '12k'], '--log-max-size: not a number in range: 12k'],
    [['run', ...complete, '--log-max-files', '0'], '--log-max-files: at least 1'],
    [['run', ...complete, ...Array<string[]>(17).fill(['--runtime-arg', '-v']).flat()], '--runtime-arg: more than 16'],
    [['exec', ...complete], '--process is missing'],
    [['runtime'], 'runtime: no program given'],
    [['runtime', '--', '/no/such/program'], 'cannot run /no/such/program: No such file or directory'],
  ] as const)('%j', ([args, message]) => {
    const { status, stderr } = call(...args)
    expect([status, stderr]).toEqual([1, `slipway-shim: ${message}\n`])
  })

  test('without a subcommand it explains itself', () => {
    const { status, stderr } = call()
    expect(status).toBe(2)
    expect(stderr).toContain('slipway-shim run  --id ID')
  })

  test('runtime: the program does not see what is hidden, the host does', () => {
    const directory = join(work, `${build}-hidden`)
    mkdirSync(join(directory, 'secret'), { recursive: true })
    const { stdout, status } = call('runtime', '--hide', directory, '--hide', '/no/such/path', '--', 'ls', '-A', directory)
    expect([status, stdout]).toEqual([0, ''])
    expect(existsSync(join(directory, 'secret'))).toBe(true)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(directory)
  })

  test('runtime: what is mounted outside a user namespace is hidden inside one', () => {
    const script = `"$0" runtime --hide /proc -- /bin/sh -c 'cd /proc && echo *'`
    const { stdout } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, shimPath(build)], { encoding: 'utf8' })
    expect(stdout).toBe('*\n')
  })
})
