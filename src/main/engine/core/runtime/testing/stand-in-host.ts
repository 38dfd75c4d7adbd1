import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { Host, HostFacts, RunOptions, RunResult } from '../../host/host.ts'

/** As much of a Host as the runtime needs, on the machine of the tests, without the probe. */
export function standInHost(runtime: 'crun' | 'runc', syscalls: Partial<Host['syscalls']> = {}): Pick<Host, 'facts' | 'syscalls' | 'run'> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
  const mode = !/ - cgroup /.test(mounts) ? 'v2' : / - cgroup2 /.test(mounts) ? 'hybrid' : 'v1'
  const hidden = mode === 'hybrid' && runtime === 'crun' ? ['/sys/fs/cgroup/unified'] : []
  return { facts: factsOf(runtime, mode, hidden), syscalls: syscalls as Host['syscalls'], run: runProgram }
}

const factsOf = (runtime: 'crun' | 'runc', mode: HostFacts['cgroup']['mode'], hidden: string[]): HostFacts => ({
  rootless: false,
  kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
  operatingSystem: 'test',
  osVersion: '',
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  cpus: 2,
  memoryBytes: 8 * 1024 ** 3,
  runtime: { name: runtime, path: `/usr/bin/${runtime}`, version: '0' },
  storage: 'overlay',
  cgroup: { mode, driver: 'cgroupfs', controllers: ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'blkio', 'devices', 'freezer'] },
  hiddenFromRuntime: hidden,
  tools: { shim: shimPath() },
  seccomp: true,
  apparmor: existsSync('/sys/kernel/security/apparmor/profiles'),
  checks: [],
})

const shimPath = () => resolve(import.meta.dirname, '../../../../../../native/shim/build/slipway-shim')

async function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text))
  child.stdin.on('error', () => {}).end(options.input ?? '')
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('close', (code, signal) => resolve(code ?? (signal === null ? 0 : 128)))
  const code = await promise
  if (code !== 0 && !options.allowFailure) throw new EngineError('internal', output.stderr.trim() || `${program} exited with ${code}`)
  return { code, ...output }
}
