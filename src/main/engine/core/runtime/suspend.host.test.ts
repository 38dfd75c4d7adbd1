import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { loadSyscalls } from '../host/syscalls.ts'
import { isSuspended, setSuspended } from './suspend.ts'

const syscalls = loadSyscalls()

/** A shell that is process 1 of a pid namespace of its own and makes a child for each line it prints. */
async function busyNamespace() {
  const outer = spawn('unshare', ['--pid', '--fork', '--kill-child', 'sh', '-c', 'while echo line; do sleep 0.01; done'], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void outer.kill('SIGKILL'))
  await once(outer.stdout, 'data')
  const pid = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim())
  return { container: { syscalls, cgroup: undefined, pid }, outer }
}

/** Of a process and its children. One that had ended before and is not reaped yet cannot be stopped, and is left out. */
function statesOf(pid: number): string[] {
  const state = (of: number) => /\) (\S)/.exec(readFileSync(`/proc/${of}/stat`, 'utf8'))?.[1] ?? ''
  return [pid, ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)].map(state).filter((found) => found !== 'Z')
}

test('without a cgroup every process of the pid namespace is stopped, however fast it makes others, and goes on again', async () => {
  const { container, outer } = await busyNamespace()
  expect(await isSuspended(container)).toBe(false)
  await setSuspended(container, true)
  expect(await isSuspended(container)).toBe(true)
  expect(new Set(statesOf(container.pid))).toEqual(new Set(['T']))
  outer.stdout.read()
  await setSuspended(container, false)
  await once(outer.stdout, 'data')
  expect(await isSuspended(container)).toBe(false)
})

test('a stopped one can be killed, and one that shares our pid namespace is not touched', async () => {
  const { container, outer } = await busyNamespace()
  await setSuspended(container, true)
  process.kill(container.pid, 'SIGKILL')
  await once(outer, 'exit')
  await setSuspended(container, false)
  await expect(setSuspended({ syscalls, cgroup: undefined, pid: process.pid }, true)).rejects.toMatchObject({ code: 'failed-precondition', reason: 'no-cgroup' })
})
