import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import type { HostCheck, HostFacts } from '../host.ts'
import { findProgram } from '../programs.ts'
import type { Probed, ProbeContext } from './probe.ts'
import { installCommand } from './remedy.ts'

type RuntimeName = 'crun' | 'runc'
type Runtime = NonNullable<HostFacts['runtime']>
interface Needs {
  cgroup: HostFacts['cgroup']
  shim: string | undefined
}
interface Choice {
  runtime: Runtime | undefined
  /** Paths the runtime must not see. */
  hidden: string[]
}

/** crun 1.8 takes the cgroup2 that systemd mounts beside v1 for a sign of v2, and refuses: "cgroups in hybrid mode not supported". */
const UNIFIED = '/sys/fs/cgroup/unified'
/** What slipway-shim answers to no arguments: proof that a process ran inside the container. */
const SHIM_USAGE_STATUS = 2

/** The first runtime that really runs a container here: crun, which is the faster by far, then runc. */
export async function probeRuntime(context: ProbeContext, needs: Needs): Promise<Probed<Choice>> {
  const names: RuntimeName[] = context.runtime === undefined ? ['crun', 'runc'] : [context.runtime]
  const refusals: string[] = []
  for (const name of names) {
    const path = findProgram(name)
    if (path === undefined) {
      refusals.push(`${name} is not installed`)
      continue
    }
    const hidden = name === 'crun' && needs.cgroup.mode === 'hybrid' ? [UNIFIED] : []
    const [version, refusal] = await Promise.all([versionOf(context, path), tryRuntime(context, needs, name, path, hidden)])
    if (refusal === undefined) return { facts: { runtime: { name, path, version }, hidden }, checks: [found(name, version, path, refusals)] }
    refusals.push(`${name} ${version} does not work: ${refusal}`)
  }
  return { facts: { runtime: undefined, hidden: [] }, checks: [missing(refusals, names)] }
}

function found(name: RuntimeName, version: string, path: string, refusals: string[]): HostCheck {
  const finding = [`${name} ${version} (${path})`, ...refusals].join('; ')
  if (name === 'crun' || refusals.length === 0) return { id: 'runtime', status: 'ok', finding }
  return { id: 'runtime', status: 'ok', finding, consequence: 'Containers start more slowly than with crun.', remedy: installCommand(['crun']) }
}

function missing(refusals: string[], names: RuntimeName[]): HostCheck {
  const none = names.length > 1 && refusals.every((refusal) => refusal.endsWith(' is not installed'))
  return { id: 'runtime', status: 'missing', finding: none ? 'Neither crun nor runc is installed.' : `${refusals.join('; ')}.`, consequence: 'No container can be started.', remedy: installCommand(names.slice(0, 1)) }
}

/** `crun version 1.8.1` */
async function versionOf(context: ProbeContext, path: string): Promise<string> {
  const { stdout } = await context.run(path, ['--version'], { allowFailure: true })
  return /version\s+(\S+)/.exec(stdout)?.[1] ?? 'unknown'
}

/** Runs a container whose only process is our static shim. Undefined when it ran, else the runtime's words. */
async function tryRuntime(context: ProbeContext, needs: Needs, name: RuntimeName, path: string, hidden: string[]): Promise<string | undefined> {
  // Without the shim nothing can be run at all, and its own check says so; the runtime is taken on trust.
  if (needs.shim === undefined) return undefined
  try {
    await mkdir(context.layout.runRoot, { recursive: true, mode: 0o711 })
    const bundle = await mkdtemp(join(context.layout.runRoot, 'probe-'))
    try {
      await prepareBundle(bundle, needs)
      return await runBundle(context, needs, { name, path, hidden, bundle })
    } finally {
      await rm(bundle, { recursive: true, force: true })
    }
  } catch (error) {
    return messageOf(error)
  }
}

async function prepareBundle(bundle: string, { shim }: Needs): Promise<void> {
  await Promise.all(['dev', 'proc'].map((name) => mkdir(join(bundle, 'rootfs', name), { recursive: true })))
  await writeFile(join(bundle, 'config.json'), JSON.stringify(specOf(shim!)))
}

function specOf(shim: string): object {
  return {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args: ['/slipway-shim'], env: [], cwd: '/', noNewPrivileges: true },
    root: { path: 'rootfs', readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/slipway-shim', type: 'none', source: shim, options: ['bind', 'ro'] },
    ],
    linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'ipc' }, { type: 'uts' }] },
  }
}

interface Attempt {
  name: RuntimeName
  path: string
  hidden: string[]
  bundle: string
}

async function runBundle(context: ProbeContext, { cgroup, shim }: Needs, { name, path, hidden, bundle }: Attempt): Promise<string | undefined> {
  const hide = hidden.flatMap((hiddenPath) => ['--hide', hiddenPath])
  const manager = cgroup.driver === 'systemd' ? ['--systemd-cgroup'] : cgroup.driver === 'none' && name === 'crun' ? ['--cgroup-manager=disabled'] : []
  const id = `slipway-probe-${process.pid}`
  const command = ['runtime', ...hide, '--', path, '--root', join(bundle, 'state'), ...manager, 'run', '--bundle', bundle, id]
  const { code, stderr } = await context.run(shim!, command, { allowFailure: true, deadline: 10_000 })
  if (code === SHIM_USAGE_STATUS && stderr.startsWith('slipway-shim')) return undefined
  return stderr.trim().split('\n').at(-1) || `exit status ${code}`
}
