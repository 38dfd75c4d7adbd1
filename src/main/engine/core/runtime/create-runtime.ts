import { EngineError } from '#shared/errors.ts'
import type { Layout } from '../../layout.ts'
import type { Host } from '../host/host.ts'
import type { Runtime } from './runtime.ts'

export interface RuntimeOptions {
  host: Pick<Host, 'facts' | 'syscalls' | 'run'>
  layout: Layout
}

/** The runtime of this machine: crun or runc as the probe found it, under slipway-shim. @throws failed-precondition when either is missing. */
export function createRuntime(_options: RuntimeOptions): Runtime {
  throw new EngineError('not-implemented', 'the runtime is being written')
}
