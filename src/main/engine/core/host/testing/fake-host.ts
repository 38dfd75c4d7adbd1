import { EngineError } from '#shared/errors.ts'
import type { ForwardRule, Host, HostFacts, PortForwarder, RunOptions, RunResult, Syscalls } from '../host.ts'

/** One call of `run`, as a test sees it. */
export interface RecordedRun {
  program: string
  args: readonly string[]
  options: RunOptions | undefined
}

export interface FakeHost extends Host {
  /** Every program that was run, in order. */
  readonly runs: RecordedRun[]
  /** Answers the next runs of a program; without one a run succeeds and says nothing. */
  answer(program: string, reply: Partial<RunResult> | ((args: readonly string[], options: RunOptions | undefined) => Partial<RunResult>)): void
}

type Reply = (args: readonly string[], options: RunOptions | undefined) => Partial<RunResult>

/**
 * A host in memory: programs are recorded and answered by the test, system calls throw unless the test gives its own. With a
 * `networkNamespace` it is a user's, and has a port forwarder in memory.
 */
export function createFakeHost(options: { facts?: Partial<HostFacts>; syscalls?: Partial<Syscalls>; networkNamespace?: string; portForwarder?: PortForwarder } = {}): FakeHost {
  const runs: RecordedRun[] = []
  const replies = new Map<string, Reply>()
  return {
    facts: { ...FAKE_FACTS, ...options.facts },
    syscalls: { ...unavailable(), ...options.syscalls },
    networkNamespace: options.networkNamespace,
    portForwarder: options.portForwarder ?? (options.networkNamespace === undefined ? undefined : createFakePortForwarder()),
    resolvers: undefined,
    runs,
    answer: (program, reply) => void replies.set(program, typeof reply === 'function' ? reply : () => reply),
    async run(program, args, runOptions) {
      runs.push({ program, args, options: runOptions })
      const result = { code: 0, stdout: '', stderr: '', ...replies.get(program)?.(args, runOptions) }
      if (result.code !== 0 && !runOptions?.allowFailure) throw new EngineError('failed-precondition', `${program}: ${result.stderr}`, { reason: 'program-failed' })
      return result
    },
  }
}

/** A port forwarder in memory. `taken` are host ports that others hold. */
export function createFakePortForwarder(taken: readonly number[] = []): PortForwarder {
  const rules = new Map<number, ForwardRule>()
  let next = 1
  return {
    async add(rule) {
      const clash = taken.includes(rule.hostPort) || [...rules.values()].some((other) => other.hostPort === rule.hostPort && other.protocol === rule.protocol && other.hostIp === rule.hostIp)
      if (clash) throw new EngineError('already-exists', `Bind for ${rule.hostIp}:${rule.hostPort} failed: port is already allocated`, { reason: 'port-allocated' })
      rules.set(next, rule)
      return next++
    },
    async remove(id) {
      rules.delete(id)
    },
    list: async () => [...rules].map(([id, rule]) => ({ ...rule, id })),
  }
}

/** A root's machine with everything there. */
export const FAKE_FACTS: HostFacts = {
  rootless: false,
  kernel: '6.1.0',
  operatingSystem: 'Test Linux',
  osVersion: '1',
  architecture: 'amd64',
  cpus: 2,
  memoryBytes: 4 * 2 ** 30,
  runtime: { name: 'crun', path: '/usr/bin/crun', version: '1.8.1' },
  storage: 'overlay',
  cgroup: { mode: 'v2', driver: 'cgroupfs', controllers: ['cpu', 'memory', 'pids'] },
  hiddenFromRuntime: [],
  tools: { ip: '/usr/sbin/ip', nft: '/usr/sbin/nft', shim: '/usr/bin/slipway-shim' },
  seccomp: true,
  apparmor: false,
  checks: [],
}

function unavailable(): Syscalls {
  const refuse = (name: string) => () => {
    throw new EngineError('not-implemented', `the test gave no ${name}`)
  }
  return {
    mount: refuse('mount'),
    unmount: refuse('unmount'),
    detach: refuse('detach'),
    mknod: refuse('mknod'),
    setXattr: refuse('setXattr'),
    getXattr: refuse('getXattr'),
    listXattrs: refuse('listXattrs'),
    removeXattr: refuse('removeXattr'),
    setTimes: refuse('setTimes'),
    openInRoot: refuse('openInRoot'),
    spreadFolders: () => false,
    createNetworkNamespace: refuse('createNetworkNamespace'),
    socketIn: refuse('socketIn'),
    tryLock: () => true,
    keepAcrossExec: () => {},
    signalProcess: refuse('signalProcess'),
    launch: refuse('launch'),
    trimHeap: () => {},
    netlink: refuse('netlink'),
    watchNetlink: refuse('watchNetlink'),
  }
}
