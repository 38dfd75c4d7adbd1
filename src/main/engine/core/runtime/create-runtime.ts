import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import type { Layout } from '../../layout.ts'
import type { Host } from '../host/host.ts'
import { createCgroupWarmUp } from './cgroup/warm-up.ts'
import { createCompiledFilters, type CompiledFilters } from './compiled-filters.ts'
import { openExec, sweepExecs } from './exec.ts'
import type { RuntimeContext } from './runtime-context.ts'
import { createRuntimeCommand } from './runtime-command.ts'
import type { Runtime } from './runtime.ts'
import { capabilitiesOf } from './spec/capabilities.ts'
import { defaultSeccomp } from './spec/seccomp.ts'
import { createTask, openTask } from './task.ts'

export interface RuntimeOptions {
  host: Pick<Host, 'facts' | 'syscalls' | 'run'>
  layout: Layout
}

/** The runtime of this machine: crun or runc as the probe found it, under slipway-shim. @throws failed-precondition when either is missing. */
export function createRuntime({ host, layout }: RuntimeOptions): Runtime {
  const command = createRuntimeCommand({ host, layout })
  const filters = createCompiledFilters({ host, layout, command })
  const context: RuntimeContext = { host, layout, command, filters, warmUp: createCgroupWarmUp(), tasks: new Map(), execs: new Map() }
  const opening = new KeyedMutex()
  mkdirSync(layout.runtimeRoot, { recursive: true, mode: 0o700 })
  prepareDefaultFilter(host.facts, filters)

  return {
    expectStart: () => context.warmUp.hint(),
    createTask: (request) => createTask(context, request),
    openTask: (id, place = layout.container(id)) => opening.run(id, () => context.tasks.get(id) ?? openTask(context, id, place)),
    openExec: (execId) => opening.run(execId, () => context.execs.get(execId) ?? openExec(context, execId)),
    sweepExecs: (known) => sweepExecs(context, known),
    listTasks: async () => (existsSync(layout.containersRun) ? readdirSync(layout.containersRun) : []),
    async close() {
      for (const process of [...context.tasks.values(), ...context.execs.values()]) process.close()
      context.tasks.clear()
      context.execs.clear()
      context.warmUp.close()
      await filters.settled()
    },
  }
}

/** So that the first container of most users finds it. */
function prepareDefaultFilter({ architecture, kernel, seccomp }: Host['facts'], filters: CompiledFilters): void {
  const profile = seccomp ? defaultSeccomp({ architecture, kernel, capabilities: capabilitiesOf({}) }) : undefined
  if (profile !== undefined) void filters.prepare(profile)
}
