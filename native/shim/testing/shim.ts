import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { CGROUP_PARENT, hiddenPaths, shimPath, type Build, type RuntimeName } from './host-tools.ts'
import { ShimClient } from './shim-client.ts'

const run = promisify(execFile)

export interface ShimRequestOptions {
  /** Of makeWorkDirectory(). */
  work: string
  build: Build
  runtime?: RuntimeName
  args: string[]
  tty?: boolean
  consoleSize?: { height: number; width: number }
  stdin?: 'none' | 'keep' | 'once'
  /** Log in a directory of the shim, with these limits. */
  log?: { maxSize?: number; maxFiles?: number; directory?: string }
  uid?: number
  cwd?: string
  memoryLimit?: number
  /** Without a pid namespace of their own, processes outlive the first one. */
  hostPids?: boolean
  /** Instead of one of the shim's own making. */
  state?: string
}

let counter = 0

/** A shim process and what was made for it. All of it is gone when the test has finished, however it did. */
export interface Shim {
  id: string
  state: string
  logDirectory: string
  child: ChildProcess
  pid: number
  options: ShimRequestOptions
  /** The shim's own exit status. */
  ended: Promise<number | null>
  connect(): Promise<ShimClient>
}

function processSpec(options: ShimRequestOptions): object {
  return {
    terminal: options.tty ?? false,
    consoleSize: options.consoleSize,
    user: { uid: options.uid ?? 0, gid: 0 },
    args: options.args,
    env: ['PATH=/bin'],
    cwd: options.cwd ?? '/',
    noNewPrivileges: true,
    capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] },
  }
}

function bundleSpec(id: string, options: ShimRequestOptions): object {
  const namespaces = ['ipc', 'uts', 'mount', 'network', ...(options.hostPids ? [] : ['pid'])].map((type) => ({ type }))
  const memory = options.memoryLimit === undefined ? {} : { memory: { limit: options.memoryLimit } }
  return {
    ociVersion: '1.0.2',
    process: processSpec(options),
    root: { path: join(options.work, 'rootfs'), readonly: true },
    hostname: 'shim-test',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs' },
    ],
    linux: { namespaces, cgroupsPath: `/${CGROUP_PARENT}/${id}`, resources: memory },
  }
}

const runtimeRoot = (options: ShimRequestOptions) => join(options.work, `${options.runtime ?? 'crun'}-root`)

/** The arguments after the subcommand that `run` and `exec` have in common. */
export function commonArguments(id: string, state: string, options: ShimRequestOptions): string[] {
  return [
    ...['--id', id, '--state', state, '--runtime', options.runtime ?? 'crun', '--runtime-root', runtimeRoot(options)],
    ...hiddenPaths.flatMap((path) => ['--hide', path]),
    ...(options.tty ? ['--tty'] : []),
    ...(options.stdin ? ['--stdin', options.stdin] : []),
  ]
}

function logArguments(directory: string, { log }: ShimRequestOptions): string[] {
  if (log === undefined) return []
  mkdirSync(directory, { recursive: true })
  const size = log.maxSize === undefined ? [] : ['--log-max-size', String(log.maxSize)]
  const files = log.maxFiles === undefined ? [] : ['--log-max-files', String(log.maxFiles)]
  return ['--log-dir', directory, ...size, ...files]
}

/** Writes the bundle and gives the whole command line for it. */
export function prepareRun(options: ShimRequestOptions) {
  const id = `shim-test-${process.pid}-${++counter}`
  const directory = join(options.work, id)
  const state = options.state ?? join(directory, 'state')
  const bundle = join(directory, 'bundle')
  const logDirectory = options.log?.directory ?? join(directory, 'log')
  for (const path of [state, bundle, runtimeRoot(options)]) mkdirSync(path, { recursive: true })
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(bundleSpec(id, options)))
  const args = ['run', '--bundle', bundle, ...commonArguments(id, state, options), ...logArguments(logDirectory, options)]
  onTestFinished(() => removeContainer(id, options))
  return { id, state, logDirectory, args }
}

export async function startRun(options: ShimRequestOptions): Promise<Shim> {
  const { id, state, logDirectory, args } = prepareRun(options)
  return startShim(args, { id, state, logDirectory, options })
}

/** Adds a process to a running container, under a shim of its own. */
export async function startExec(container: Shim, request: Pick<ShimRequestOptions, 'args' | 'tty' | 'stdin' | 'consoleSize' | 'uid'>): Promise<Shim> {
  const options = { ...container.options, tty: false, stdin: 'none' as const, ...request }
  const state = join(container.state, `exec-${++counter}`)
  mkdirSync(state)
  const file = join(state, 'process.json')
  writeFileSync(file, JSON.stringify(processSpec(options)))
  const args = ['exec', '--process', file, ...commonArguments(container.id, state, options)]
  return startShim(args, { id: container.id, state, logDirectory: '', options })
}

/** Open in whoever starts a shim, and by its mistake in the shim too. */
export const LEAKED = import.meta.filename

async function startShim(args: string[], made: Pick<Shim, 'id' | 'state' | 'logDirectory' | 'options'>): Promise<Shim> {
  const ours = openSync(LEAKED, 'r')
  const child = spawn(shimPath(made.options.build), [...args, '--ready-fd', '3'], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'pipe', ours] })
  closeSync(ours)
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(() => stopShim(child, made.state))
  if ((await buffer(child.stdio[3] as Readable)).toString() !== 'R') throw new Error('the shim did not become ready')
  const connect = async () => {
    const client = await ShimClient.connect(made.state)
    onTestFinished(() => client.leave())
    return client
  }
  return { ...made, child, pid: child.pid!, ended, connect }
}

/** A killed shim leaves its process behind: that is its purpose. */
async function stopShim(child: ChildProcess, state: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const said = existsSync(join(state, 'shim.log')) ? readFileSync(join(state, 'shim.log'), 'utf8') : ''
  expect(said).not.toMatch(/Sanitizer|runtime error/)
}

async function removeContainer(id: string, options: ShimRequestOptions): Promise<void> {
  const hide = hiddenPaths.flatMap((path) => ['--hide', path])
  const runtime = [options.runtime ?? 'crun', '--root', runtimeRoot(options), 'delete', '--force', id]
  await run(shimPath(options.build), ['runtime', ...hide, '--', ...runtime]).catch(() => {}) // usually it is gone already
}

/** The pid of the container's process, as its shim has written it. */
export function processPid(shim: Shim): number {
  return Number(readFileSync(join(shim.state, 'pid'), 'utf8').split(' ')[0])
}

/** The whole `exit` file, parsed. */
export function exitRecord(shim: Shim): Record<string, string> {
  return Object.fromEntries(readFileSync(join(shim.state, 'exit'), 'utf8').trimEnd().split('\n').map((line) => line.split('=') as [string, string]))
}

/** Kilobytes, of the process as it is now. */
export function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}

/**
 * Resolves when a process, or one that it started, waits in the kernel for somebody to read what it writes: from then on nothing happens until somebody
 * does. (https://man7.org/linux/man-pages/man5/proc_pid_wchan.5.html; nobody tells of it, so it is looked at again and again.)
 */
export async function blockedInWriting(pid: number): Promise<void> {
  const waits = (each: number): boolean => /pipe_write/.test(read(`/proc/${each}/wchan`)) || read(`/proc/${each}/task/${each}/children`).split(' ').filter(Boolean).map(Number).some(waits)
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  // Twice: the shim may just be about to read.
  for (let seen = 0; seen < 2; ) {
    seen = waits(pid) ? seen + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
