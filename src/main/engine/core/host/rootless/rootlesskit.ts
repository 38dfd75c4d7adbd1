import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '#shared/errors.ts'
import type { Layout } from '../../../layout.ts'
import { findProgram, searchPath } from '../programs.ts'
import { loadSyscalls } from '../syscalls.ts'
import { chooseEgress, EGRESS_RESOLVERS, egressOf } from './egress.ts'
import type { RootlessNamespaces } from './namespaces.ts'
import { createPortForwarder } from './port-forwarder.ts'

const START_DEADLINE = 20_000
const RETRY = 4

/**
 * RootlessKit holds the namespaces under a child that only waits. It is started once, in a session of its own, and outlives every
 * engine: published ports, the way out and mounts stay when an engine dies, and the next one finds them again.
 */
export async function ensureRootlessKit(layout: Layout): Promise<RootlessNamespaces> {
  return findRootlessKit(layout) ?? (await startRootlessKit(layout))
}

/** The running one, if any. It holds a lock in its state directory as long as it lives: https://github.com/rootless-containers/rootlesskit/blob/master/docs/internal.md */
export function findRootlessKit(layout: Layout): RootlessNamespaces | undefined {
  if (!holdsLock(join(layout.rootlessState, 'lock'))) return undefined
  const childPid = Number(read(join(layout.rootlessState, 'child_pid')))
  if (!(childPid > 1)) return undefined
  const egress = egressOf(commandLineOf(parentOf(childPid)))
  return {
    childPid,
    networkNamespace: `/proc/${childPid}/ns/net`,
    apiSocket: join(layout.rootlessState, 'api.sock'),
    resolvers: egress === 'none' ? undefined : EGRESS_RESOLVERS,
  }
}

/** Ends RootlessKit, and with it ports, egress and the namespaces' last holder. Containers must be gone by then. */
export function endRootlessKit(namespaces: RootlessNamespaces): void {
  const parent = parentOf(namespaces.childPid)
  if (commandLineOf(parent)[0]?.endsWith('rootlesskit')) process.kill(parent, 'SIGTERM')
}

async function startRootlessKit(layout: Layout): Promise<RootlessNamespaces> {
  const rootlesskit = findProgram('rootlesskit')
  if (rootlesskit === undefined) throw new EngineError('failed-precondition', 'rootlesskit is not installed.', { reason: 'rootlesskit-missing' })
  const egress = await chooseEgress(rootlesskit)
  mkdirSync(layout.runRoot, { recursive: true, mode: 0o700 })
  const options = ['--state-dir', layout.rootlessState, ...egress.options, '--port-driver=builtin', '--propagation=rslave']
  const path = [egress.path, searchPath()].filter(Boolean).join(':')
  const logFile = `${layout.rootlessState}.log`
  const log = openSync(logFile, 'w', 0o600)
  const child = spawn(rootlesskit, [...options, 'sleep', 'infinity'], { cwd: '/', detached: true, stdio: ['ignore', log, log], env: { ...process.env, PATH: path } })
  closeSync(log)
  const namespaces = await untilReady(layout, child, logFile)
  child.unref()
  return namespaces
}

/** Its API answers last of all. */
async function untilReady(layout: Layout, child: ChildProcess, logFile: string): Promise<RootlessNamespaces> {
  let ended: string | undefined
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? `status ${code}`}`))
  const deadline = performance.now() + START_DEADLINE
  for (;;) {
    const found = findRootlessKit(layout)
    if (found && (await answers(found))) return found
    if (ended !== undefined || performance.now() > deadline) {
      if (ended === undefined) child.kill('SIGKILL')
      throw failure(ended ?? `it was not ready within ${START_DEADLINE / 1000} s`, read(logFile))
    }
    await delay(RETRY)
  }
}

async function answers(namespaces: RootlessNamespaces): Promise<boolean> {
  try {
    await createPortForwarder(namespaces.apiSocket).list()
    return true
  } catch {
    return false
  }
}

function failure(what: string, log: string): EngineError {
  const words = log.trim().split('\n').find((line) => /error|fail/i.test(line)) ?? log.trim().split('\n').at(-1) ?? ''
  return new EngineError('failed-precondition', `RootlessKit could not be started: ${[words, what].filter(Boolean).join('; ')}`, { reason: 'rootlesskit-failed' })
}

function holdsLock(path: string): boolean {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch {
    return false
  }
  try {
    return !loadSyscalls().tryLock(fd)
  } finally {
    closeSync(fd)
  }
}

const parentOf = (pid: number): number => Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
const commandLineOf = (pid: number): string[] => read(`/proc/${pid}/cmdline`).split('\0')

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
