import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { Layout } from '../../layout.ts'
import type { Host } from '../host/host.ts'
import { goneEventually, processesNaming } from './process-life.ts'
import type { RuntimeCommand } from './runtime-command.ts'
import type { OciSeccomp, OciSpec } from './runtime.ts'
import { refuseUnknownCalls } from './unknown-calls.ts'

/** crun takes a filter ready-made and then leaves `linux.seccomp` alone: crun(1). A crun that no longer knows this annotation goes by `linux.seccomp`. */
export const FILTER_ANNOTATION = 'run.oci.seccomp_bpf_data'

/** A classic BPF instruction, and how many a filter may have: https://docs.kernel.org/networking/filter.html */
const INSTRUCTION_SIZE = 8
const MOST_INSTRUCTIONS = 4096

/**
 * Seccomp profiles as the kernel runs them.
 *
 * libseccomp takes 11 ms to make one of the default profile, as long as all else the runtime does for a container, and makes the same each time. So
 * crun makes it once per profile and boot: a container of that profile is created, crun writes its filter beside its state, the filter is kept, and the
 * container, which never ran anything, is deleted. One of an engine that was killed in between is ended by the next. runc has no such door and compiles each time.
 */
export interface CompiledFilters {
  /** Base64, for the annotation; undefined when it was not compiled (yet). */
  find(profile: OciSeccomp): string | undefined
  /** Compiles it, unless that was done or tried. Never rejects: without a filter the runtime compiles the profile itself. */
  prepare(profile: OciSeccomp): Promise<void>
  /** When crun is at work on none any more. */
  settled(): Promise<void>
}

interface Parts {
  host: Pick<Host, 'facts' | 'syscalls' | 'run'>
  layout: Pick<Layout, 'compiledFilters'>
  command: RuntimeCommand
}

export function createCompiledFilters(parts: Parts): CompiledFilters {
  const { facts } = parts.host
  if (facts.runtime?.name !== 'crun') return { find: () => undefined, prepare: async () => {}, settled: async () => {} }
  const maker = `${facts.runtime.path} ${facts.runtime.version} ${facts.kernel}`
  const keys = new WeakMap<OciSeccomp, string>()
  const filters = new Map<string, string>()
  const tried = new Map<string, Promise<void>>()
  const swept = sweepCut(parts).catch(() => {})

  function keyOf(profile: OciSeccomp): string {
    const key = keys.get(profile) ?? createHash('sha256').update(`${maker} ${JSON.stringify(profile)}`).digest('hex')
    keys.set(profile, key)
    return key
  }

  async function compile(key: string, profile: OciSeccomp): Promise<void> {
    await swept
    const file = join(parts.layout.compiledFilters, key)
    if (!existsSync(file)) await compileInto(parts, file, `filter-${key.slice(0, 16)}`, profile)
    const program = await readFile(file)
    if (!isProgram(program)) return
    const whole = refuseUnknownCalls(program, profile)
    filters.set(key, (isProgram(whole) ? whole : program).toString('base64'))
  }

  return {
    find: (profile) => filters.get(keyOf(profile)),
    async prepare(profile) {
      const key = keyOf(profile)
      const work = tried.get(key) ?? compile(key, profile).catch(() => {})
      tried.set(key, work)
      await work
    },
    settled: async () => void (await Promise.all(tried.values())),
  }
}

const isProgram = ({ length }: Uint8Array) => length > 0 && length % INSTRUCTION_SIZE === 0 && length <= MOST_INSTRUCTIONS * INSTRUCTION_SIZE

const SIGKILL = 9

/** What an engine left that was killed while it compiled: crun at work, or a container that would wait for its start for ever. Nothing but they names their folder. */
async function sweepCut({ host, layout }: Parts): Promise<void> {
  const entries = existsSync(layout.compiledFilters) ? await readdir(layout.compiledFilters, { withFileTypes: true }) : []
  for (const entry of entries.filter((one) => one.isDirectory())) {
    const work = join(layout.compiledFilters, entry.name)
    // Again, for crun makes processes.
    for (let left = await processesNaming(work); left.length > 0; left = await processesNaming(work)) {
      for (const { pid, startTime } of left) host.syscalls.signalProcess(pid, startTime, SIGKILL)
      await Promise.all(left.map(goneEventually))
    }
    await rm(work, { recursive: true, force: true })
  }
}

async function compileInto({ host, command }: Parts, file: string, id: string, profile: OciSeccomp): Promise<void> {
  const work = `${file}.${process.pid}`
  const runtime = (args: readonly string[]) => ['runtime', ...command.hideOptions, '--', host.facts.runtime?.path ?? '', '--root', join(work, 'root'), '--cgroup-manager=disabled', ...args]
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(work, { recursive: true, force: true }))
  for (const directory of ['root', 'rootfs/dev', 'rootfs/proc']) await mkdir(join(work, directory), { recursive: true, mode: 0o700 })
  await writeFile(join(work, 'rootfs', PROGRAM), '', { mode: 0o700 })
  await writeFile(join(work, 'config.json'), JSON.stringify(specFor(join(work, 'rootfs'), command.shim, profile)))
  undo.defer(async () => void (await host.run(command.shim, runtime(['delete', '--force', id]), { allowFailure: true })))
  const { status, stderr } = await host.syscalls.launch([command.shim, ...runtime(['create', '--bundle', work, id])], [])
  if (status !== 0) throw new EngineError('internal', stderr)
  await rename(join(work, 'root', id, 'seccomp.bpf'), file)
}

/** crun wants to find what it is to run; the shim's binary needs nothing of a rootfs. */
const PROGRAM = 'program'

const specFor = (rootfs: string, program: string, seccomp: OciSeccomp): OciSpec => ({
  ociVersion: '1.0.2',
  process: { terminal: false, user: { uid: 0, gid: 0 }, args: [`/${PROGRAM}`], env: [], cwd: '/' },
  root: { path: rootfs, readonly: true },
  mounts: [{ destination: `/${PROGRAM}`, type: 'bind', source: program, options: ['bind', 'ro'] }],
  linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }], seccomp },
})
