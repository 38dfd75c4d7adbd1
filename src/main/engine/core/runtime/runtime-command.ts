import { EngineError } from '#shared/errors.ts'
import type { Layout } from '../../layout.ts'
import type { Host, RunResult } from '../host/host.ts'

/** The OCI runtime's command line on this machine, for the shim to use and for the engine's own calls. */
export interface RuntimeCommand {
  /** slipway-shim. */
  readonly shim: string
  /** Options of the shim that cover what the runtime must not see. */
  readonly hideOptions: readonly string[]
  /** Options of `slipway-shim run` and `exec` that say which runtime and how. */
  readonly shimOptions: readonly string[]
  /** Runs `RUNTIME --root … args`, hidden paths hidden. Rejects when it fails, unless `allowFailure`. */
  run(args: readonly string[], options?: { input?: string; allowFailure?: boolean }): Promise<RunResult>
}

export interface RuntimeCommandOptions {
  host: Pick<Host, 'facts' | 'run'>
  layout: Pick<Layout, 'runtimeRoot'>
}

/** @throws failed-precondition when the machine has no runtime or the shim is not built. */
export function createRuntimeCommand({ host, layout }: RuntimeCommandOptions): RuntimeCommand {
  const { runtime, tools, cgroup, hiddenFromRuntime, checks } = host.facts
  if (runtime === undefined) {
    const check = checks.find(({ id }) => id === 'runtime')
    throw new EngineError('failed-precondition', check?.finding ?? 'no OCI runtime was found', { reason: 'no-runtime', hint: check?.remedy ?? 'Install crun or runc.' })
  }
  const { shim } = tools
  if (shim === undefined) throw new EngineError('failed-precondition', 'slipway-shim was not found', { reason: 'no-shim', hint: 'Run npm run setup.' })
  const global = cgroupArguments(runtime.name, cgroup.driver)
  const hide = hiddenFromRuntime.flatMap((path) => ['--hide', path])
  return {
    shim,
    hideOptions: hide,
    shimOptions: ['--runtime', runtime.path, '--runtime-root', layout.runtimeRoot, ...global.map((arg) => `--runtime-arg=${arg}`), ...hide],
    run: (args, options) => host.run(shim, ['runtime', ...hide, '--', runtime.path, '--root', layout.runtimeRoot, ...global, ...args], options),
  }
}

/** runc leaves cgroups alone by itself where a user may not make any; crun has to be told. */
function cgroupArguments(name: 'crun' | 'runc', driver: Host['facts']['cgroup']['driver']): string[] {
  if (driver === 'systemd') return ['--systemd-cgroup']
  return driver === 'none' && name === 'crun' ? ['--cgroup-manager=disabled'] : []
}
