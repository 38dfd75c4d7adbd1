import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, expect, test } from 'vitest'

const program = join(import.meta.dirname, 'build/slipway-init')
beforeAll(() => void execFileSync('make', ['-s', '-C', import.meta.dirname], { stdio: 'inherit' }))
const init = (...command: string[]) => spawnSync(program, ['--', ...command], { encoding: 'utf8' })

test('ends as the program ends', () => {
  expect(init('sh', '-c', 'exit 7').status).toBe(7)
  expect(init('sh', '-c', 'kill -9 $$').status).toBe(137)
})

test('a program that is not there is 127, one that cannot run is 126', () => {
  expect(init('/no/such/program')).toMatchObject({ status: 127, stderr: 'slipway-init: /no/such/program: No such file or directory\n' })
  expect(init('/etc/passwd')).toMatchObject({ status: 126, stderr: 'slipway-init: /etc/passwd: Permission denied\n' })
})

test('is told how to be used', () => expect(spawnSync(program, ['true']).status).toBe(64))

test('passes signals on', async () => {
  const child = spawn(program, ['--', 'sh', '-c', 'trap "echo got TERM; exit 3" TERM; echo ready; while :; do sleep 0.05; done'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line === 'ready') child.kill('SIGTERM')
  }
  expect([lines, await ended]).toEqual([['ready', 'got TERM'], [3, null]])
})

test('as process 1, reaps orphans', () => {
  // The subshell becomes a program that never waits for the child it inherits.
  const script = '(true & exec true); sleep 0.2; grep -l "^State:.Z" /proc/[0-9]*/status | wc -l'
  const { stdout } = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', '--', program, '--', 'sh', '-c', script], { encoding: 'utf8' })
  expect(stdout.trim()).toBe('0')
})
