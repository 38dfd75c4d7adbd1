import { existsSync, readFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import type { Layout } from '../../../layout.ts'
import type { HostCheck, HostFacts, RunResult, Syscalls } from '../host.ts'
import { findBinary } from '../binaries.ts'
import { findProgram } from '../programs.ts'
import type { ProgramOptions } from '../run-program.ts'
import { probeCgroup } from './cgroup.ts'
import { checkNetworkTools } from './network-tools.ts'
import { readOsRelease } from './os-release.ts'
import { checkRootless } from './rootless-checks.ts'
import { probeRuntime } from './runtime.ts'
import { probeStorage } from './storage.ts'

/**
 * The start-up probe: what this machine can do, found by doing it.
 *
 * Each part answers with its **facts**, which the engine acts on, and with **checks**, which the user reads: what was found, what
 * does not work because of it, and the one command that mends it on this very machine. Parts run side by side, since
 * the engine's start waits for them.
 */
export interface ProbeContext {
  layout: Layout
  syscalls: Syscalls
  run(program: string, args: readonly string[], options?: ProgramOptions): Promise<RunResult>
  /** Where bridges live, when it is not the engine's own namespace. */
  networkNamespace: string | undefined
  rootless: boolean
  /** Whether packets leave the namespace in which bridges live. */
  egress: boolean
  /** The runtime the user insists on. */
  runtime: 'crun' | 'runc' | undefined
}

/** One part's answer. */
export interface Probed<Facts> {
  facts: Facts
  checks: HostCheck[]
}

export async function probeHost(context: ProbeContext): Promise<HostFacts> {
  const cgroup = probeCgroup(context)
  const tools = findTools()
  const [runtime, storage, network] = await Promise.all([
    probeRuntime(context, { cgroup: cgroup.facts, shim: tools.shim }),
    probeStorage(context, tools),
    checkNetworkTools(context, tools),
  ])
  const os = readOsRelease()
  return {
    rootless: context.rootless,
    kernel: release(),
    operatingSystem: os.name,
    osVersion: os.version ?? '',
    architecture: goArchitecture(arch()),
    cpus: cpus().length,
    memoryBytes: totalmem(),
    runtime: runtime.facts.runtime,
    storage: storage.facts,
    cgroup: cgroup.facts,
    hiddenFromRuntime: runtime.facts.hidden,
    tools,
    seccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    apparmor: !context.rootless && readFlag('/sys/module/apparmor/parameters/enabled') === 'Y',
    checks: [...runtime.checks, checkShim(tools.shim), ...storage.checks, ...cgroup.checks, ...network.checks, ...(context.rootless ? checkRootless(tools, context.egress) : [])],
  }
}

function findTools(): HostFacts['tools'] {
  return {
    ip: findProgram('ip'),
    nft: findProgram('nft'),
    shim: findBinary('slipway-shim'),
    rootlesskit: findProgram('rootlesskit'),
    slirp4netns: findProgram('slirp4netns'),
    pasta: findProgram('pasta'),
    newuidmap: findProgram('newuidmap'),
    fuseOverlayfs: findProgram('fuse-overlayfs'),
    mkfs: findProgram('mkfs.ext4'),
  }
}

function checkShim(shim: string | undefined): HostCheck {
  if (shim !== undefined) return { id: 'shim', status: 'ok', finding: shim }
  return { id: 'shim', status: 'missing', finding: 'slipway-shim was not built.', consequence: 'No container can be started.', remedy: 'npm run setup' }
}

function readFlag(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** https://go.dev/doc/install/source#environment, as image platforms are named. */
const goArchitecture = (name: string): string => ({ x64: 'amd64', ia32: '386', s390x: 's390x', ppc64: 'ppc64le' })[name] ?? name
