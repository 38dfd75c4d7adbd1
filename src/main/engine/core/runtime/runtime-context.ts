import type { Layout } from '../../layout.ts'
import type { Host } from '../host/host.ts'
import type { CgroupWarmUp } from './cgroup/warm-up.ts'
import type { CompiledFilters } from './compiled-filters.ts'
import type { RuntimeCommand } from './runtime-command.ts'
import type { Exec, Task } from './runtime.ts'

/** What the runtime's parts share. */
export interface RuntimeContext {
  host: Pick<Host, 'facts' | 'syscalls' | 'run'>
  layout: Layout
  command: RuntimeCommand
  filters: CompiledFilters
  warmUp: CgroupWarmUp
  /** Those this engine has a connection to, or the exit of. */
  tasks: Map<string, KnownTask>
  execs: Map<string, KnownExec>
}

export interface KnownTask extends Task {
  readonly ended: boolean
  readonly gone: Promise<void>
  close(): void
}
export interface KnownExec extends Exec {
  close(): void
}
